"""Words of the books and of long work, for the console: `{% load portfolio %}`."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.ledger.models import Account
from ops_console.portfolio import transfers
from tenants.registry.models import Tenant

register = template.Library()


@register.filter
def account_word(kind: str) -> str:
    """Return what people call an account of the books."""
    return str(dict(Account.Kind.choices).get(kind, kind))


@register.filter
def transfer_word(kind: str) -> str:
    """Return a transfer's kind as words."""
    return transfers.word_of(kind)


@register.filter
def detail_word(name: str) -> str:
    """Return what a detail of a journal is called."""
    return transfers.detail_of(name)


@register.filter
def reason_word(reason: str) -> str:
    """Return a transfer's reason, in the reader's language where the platform wrote it."""
    return transfers.reason_of(reason)


@register.filter
def by_word(kind: str) -> str:
    """Return a kind of actor in words."""
    return transfers.by_of(kind)


STEPS = {
    "structure": gettext_lazy("Reading the tables' shape"),
    "rows": gettext_lazy("Rows"),
    "files": gettext_lazy("Pictures and documents"),
    "storing": gettext_lazy("Storing the archive"),
    "fetching": gettext_lazy("Fetching the archive"),
    "checking": gettext_lazy("Checking every checksum"),
    "keys": gettext_lazy("Keys and triggers"),
    "rolling forward": gettext_lazy("Bringing it to this release"),
    "opening": gettext_lazy("Opening the mall"),
    "closing": gettext_lazy("Closing the mall"),
    "cache": gettext_lazy("Emptying caches"),
}


@register.filter
def step_word(step: str) -> str:
    """Return what a step of long work does."""
    return str(STEPS.get(step, gettext_lazy("At work")))


@register.filter
def left_words(left: timedelta | None) -> str:
    """Return how long a work still takes, or that one need not wait for it."""
    if left is None:
        return _("You can leave this page and come back.")
    if left < timedelta(minutes=1):
        return _("Less than a minute left.")
    minutes = round(left.total_seconds() / 60)
    return ngettext("About %(n)d minute left.", "About %(n)d minutes left.", minutes) % {"n": minutes}


@register.filter
def removed_words(counts: dict[str, Any]) -> str:
    """Return what an erasure removed: rows, files, bytes."""
    if not counts:
        return "–"
    facts = {
        "rows": f"{sum(counts['rows'].values()):,}",
        "files": f"{counts['files']:,}",
        "size": filesizeformat(counts["bytes"]),
    }
    return _("%(rows)s rows, %(files)s files, %(size)s") % facts


@register.simple_tag
def mall_time(instant: datetime | None, tenant: Tenant | None) -> str:
    """Write an instant as the mall's clock shows it, with the clock's name; of a mall that is gone, in UTC."""
    if instant is None:
        return "–"
    zone = tenant.time_zone if tenant else "UTC"
    return f"{date_format(instant.astimezone(ZoneInfo(zone)), 'DATETIME_FORMAT')} ({zone})"
