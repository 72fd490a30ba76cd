"""What a contract lets the agency change of a deal: words by one permission, prices of what is on sale by another, up to a limit."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from saas.audit.models import AuditEntry
from saas.audit.phrases import Phrase, phrase
from saas.kernel.actors import Actor, refuse_beyond
from tenants.entry import approvals, mandated
from tenants.entry.approvals import Asking, Kind

from .checks import DealDraft
from .models import Deal
from .snapshots import LABELS, Snapshot, as_json, draft_of, waiting

# Small cuts one after the other count together.
WINDOW = timedelta(days=7)
_PRICES = {"price_minor", "was_price_minor"}
# What a second person reads is at most this long (`tenants.entry.models.Approval.label`).
_LABEL, _TITLE = 200, 60


def refuse_change(deal: Deal, draft: DealDraft, *, by: Actor, now: datetime) -> None:
    """
    Refuse what the actor's mandate does not let them change. Who acts by no mandate passes. Inside the change's transaction.

    :raises NotInTheContract: it takes a permission that is not given
    :raises SecondPersonNeeded: the price falls by more than the limit, against its highest of the last week
    """
    if by.bounds is None:
        return
    before, after = as_json(draft_of(deal)), as_json(draft)
    touched = _touched(before, after)
    if deal.state != Deal.State.PUBLISHED:
        if touched:
            refuse_beyond(by, "deals.draft")
        return
    for key in _keys(touched):
        refuse_beyond(by, key)
    if touched & _PRICES:
        cut = _cut_percent(deal, draft.price_minor, now=now)
        act = {"deal": deal.public_id, "before": before, "draft": after, "proposed": waiting(deal)}
        label = _label(deal, cut, touched - _PRICES)
        asking = Asking(Kind.PRICE_CUT, deal.public_id, label, cut, act, clause=by.clause)
        approvals.refuse_above(asking, by=by, now=now)


def by_right(deal: Deal, draft: DealDraft, *, by: Actor) -> Actor:
    """Return who changes a deal on sale by the clauses that give just this change: prices have one of their own."""
    if by.bounds is None or deal.state != Deal.State.PUBLISHED:
        return by
    given = dict(by.bounds.clauses)
    found = [given[key] for key in _keys(_touched(as_json(draft_of(deal)), as_json(draft))) if key in given]
    numbers = mandated.in_order(number for text in found for number in text.split(", "))
    return replace(by, clause=", ".join(numbers)[:120]) if numbers else by


def keys_of(act: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what of a mandate it takes to do what a second person is asked for: `act` as `refuse_change` froze it."""
    return _keys(_touched(act.get("before", {}), act.get("draft", {})))


def _touched(before: Snapshot, after: Snapshot) -> set[str]:
    """Return the fields that a change writes; the slug stays whatever the draft says."""
    return {name for name in after if name != "slug" and before.get(name) != after[name]}


def _keys(touched: set[str]) -> tuple[str, ...]:
    """Return what of a mandate it takes to write these fields of a deal on sale."""
    words = ("deals.draft", "deals.publish") if touched - _PRICES else ()
    return (*words, "deals.price") if touched & _PRICES else words


def _label(deal: Deal, cut: int, more: set[str]) -> Phrase | str:
    """Say what a second person agrees to: the cut in percent and what else would change; of very many, how many more there are."""
    if not more:
        return f"{deal.title}: {cut} %"
    title = deal.title if len(deal.title) <= _TITLE else f"{deal.title[: _TITLE - 1]}…"
    more = {"stores" if name == "store_ids" else name for name in more}
    names = [label for name, label in LABELS.items() if name in more]
    for shown in range(len(names), 0, -1):
        fields = [*names[:shown], *([f"+{len(names) - shown}"] if shown < len(names) else [])]
        said = phrase(_("%(deal)s: %(cut)d %%; it also changes: %(fields)s"), deal=title, cut=cut, fields=fields)
        if len(said.in_english()) <= _LABEL:
            break
    return said


def _cut_percent(deal: Deal, price_minor: int, *, now: datetime) -> int:
    """Return by how many percent, rounded up, a price is below the highest of the last week; 0 for a rise."""
    told = AuditEntry.objects.filter(
        action="deal.changed", subject_kind="deal", subject_id=deal.public_id, actor_kind="agency", at__gt=now - WINDOW
    )
    prices = [entry.data.get("before", {}).get("price_minor") or 0 for entry in told]
    highest = max([deal.price_minor, *prices])
    return max(0, -((price_minor - highest) * 100 // highest)) if highest else 0
