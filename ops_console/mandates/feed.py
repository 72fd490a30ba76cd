"""What the agency does for a merchant, as the merchant reads it. Runs in the mall."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cms.backoffice.activity.words import word_of
from cms.theming.models import Theme
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from saas.ui.formats import listed
from storefront.deals import snapshots
from storefront.stores import moments
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import reverting

# A former value is shown so far.
FORMER = 80
# What is told by other means: every click is in the activity log.
NOT_TOLD = ("agency.request", "ticket.used", "ticket.refused")


def _about(entry: AuditEntry) -> str:
    """
    Say what an act was about; fields of the look by their names on the form.

    Rows from before the trail kept phrases are in English. Who reads another language gets the name in them alone: the word for the act
    stands beside it.
    """
    if entry.action != "look.changed":
        is_old = "said" not in entry.data and not (get_language() or "en").startswith("en")
        named = re.search("“(.+)”", entry.summary) if is_old else None
        return named.group(1) if named else entry.sentence
    names = [name.removesuffix("_id") for name in entry.data.get("fields", [])]
    return listed(getattr(Theme._meta.get_field(name), "verbose_name", name) for name in names)


def _former(entry: AuditEntry) -> str:
    """Say of a changed deal which fields it were, and what stood there before."""
    if entry.action != "deal.changed":
        return ""
    kept = entry.data.get("before") or {}
    currency, said = mall().currency, []
    for name, label in snapshots.LABELS.items():
        if name not in kept:
            continue
        # Of a picture or a category the trail kept no name.
        value = "" if name in ("picture_id", "category_id") else snapshots.shown(name, kept, currency=currency)[:FORMER]
        said.append(_("%(field)s (before: %(value)s)") % {"field": label, "value": value} if value else str(label))
    return listed(said)


@dataclass(frozen=True)
class Act:
    """
    One line of the feed. `when` and all words are for reading; `former` says what a deal's changed fields were, `task` is its title;
    `taken_back` says by whom it was, "" if it was not, and `why_not` why it cannot be and what to do instead.
    """

    number: int
    at: datetime
    when: str
    what: str
    about: str
    former: str
    person: str
    clause: str
    task: str
    reason: str
    may_revert: bool
    taken_back: str
    why_not: str


def acts(*, words: str = "", revertible: bool = False) -> "QuerySet[AuditEntry]":
    """Return what the agency's people did in this mall on the merchant's behalf, newest first."""
    found = AuditEntry.objects.filter(actor_kind=User.Kind.AGENCY).exclude(on_behalf_of="").exclude(action__in=NOT_TOLD)
    if revertible:
        found = found.filter(action__in=reverting.KINDS)
    for word in words.split():
        found = (
            found.filter(summary__icontains=word) | found.filter(actor_name__icontains=word) | found.filter(clause=word)
        )
    return found.order_by("-at", "-pk")


def rows(entries: list[AuditEntry], *, by: Actor) -> list[Act]:
    """Return lines for reading; only the merchant in person may take something back."""
    back = reverting.reverted(entries)
    titles = _titles({str(entry.data["task"]) for entry in entries if entry.data.get("task")})
    is_merchant = by.kind == User.Kind.MERCHANT and not by.on_behalf_of
    return [
        Act(
            number=entry.pk,
            at=entry.at,
            when=moments.when(entry.at),
            what=word_of(entry.action),
            about=_about(entry),
            former=_former(entry),
            person=entry.actor_name,
            clause=entry.clause if "reason" in entry.data else "",
            task=titles.get(str(entry.data.get("task", "")), ""),
            reason=str(entry.data.get("reason") or entry.clause),
            may_revert=is_merchant and entry.pk not in back and reverting.is_revertible(entry),
            taken_back=back[entry.pk].actor_name if entry.pk in back else "",
            why_not=reverting.why_not(entry) if is_merchant else "",
        )
        for entry in entries
    ]


def _titles(tasks: set[str]) -> dict[str, str]:
    """Return what tasks of this mall are called, by public id, from the platform; what is not known is left out."""
    if not tasks:
        return {}
    schema = mall().schema_name
    with on_platform():
        found: dict[str, str] = import_string(settings.TASK_TITLES)(schema=schema, tasks=tasks)
    return found
