"""Credits that somebody says were settled by hand, told on the console's overview until a second person answers."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ops_console.portfolio.queries import Waits

from . import queries


def on_overview() -> list[Waits]:
    """Return that credits wait for a second person, with how many: until then they are not given by themselves. One query."""
    rows = queries.credit_lines({"state": "held"}).filter(proposed_at__isnull=False)
    count = sum(one.is_proposed for one in rows)
    if not count:
        return []
    words = ngettext(
        "%(count)d credit settled by hand waits for a second person",
        "%(count)d credits settled by hand wait for a second person",
        count,
    )
    text = _("not given by itself until somebody answers")
    return [Waits("warning", words % {"count": count}, text, f"{reverse('console_reports:credits')}?state=held")]
