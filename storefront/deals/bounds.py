"""What a contract lets the agency change of a deal: words by one permission, prices of what is on sale by another, up to a limit."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from saas.audit.models import AuditEntry
from saas.audit.phrases import Amount, Phrase, phrase
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
        highest = _highest(deal, now=now)
        cut = _cut_percent(highest, draft.price_minor)
        act = {"deal": deal.public_id, "before": before, "draft": after, "proposed": waiting(deal)}
        label = _label(deal, _cut(deal, draft.price_minor, highest), touched - _PRICES)
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


def _cut(deal: Deal, price_minor: int, highest: int) -> Phrase:
    """Say from which price to which, and by how many percent; also what it is measured by, where that is no more the price."""
    title = deal.title if len(deal.title) <= _TITLE else f"{deal.title[: _TITLE - 1]}…"
    facts = {
        "deal": title, "before": Amount(deal.price_minor, deal.currency), "after": Amount(price_minor, deal.currency),
        "cut": _cut_percent(highest, price_minor),
    }  # fmt: skip
    if highest == deal.price_minor:
        return phrase(_("%(deal)s: %(before)s → %(after)s, %(cut)d %% less"), **facts)
    text = _("%(deal)s: %(before)s → %(after)s, %(cut)d %% less than the highest of the last week, %(highest)s")
    return phrase(text, **facts, highest=Amount(highest, deal.currency))


def _label(deal: Deal, cut: Phrase, more: set[str]) -> Phrase:
    """Say what a second person agrees to: the cut and what else would change; of very many, how many more there are."""
    if not more:
        return cut
    more = {"stores" if name == "store_ids" else name for name in more}
    names = [label for name, label in LABELS.items() if name in more]
    for shown in range(len(names), 0, -1):
        fields = [*names[:shown], *([f"+{len(names) - shown}"] if shown < len(names) else [])]
        said = phrase(_("%(cut)s; it also changes: %(fields)s"), cut=cut, fields=fields)
        if len(said.in_english()) <= _LABEL:
            break
    return said


def _highest(deal: Deal, *, now: datetime) -> int:
    """Return the highest price of the last week, minor units."""
    told = AuditEntry.objects.filter(
        action="deal.changed", subject_kind="deal", subject_id=deal.public_id, actor_kind="agency", at__gt=now - WINDOW
    )
    prices = [entry.data.get("before", {}).get("price_minor") or 0 for entry in told]
    return max([deal.price_minor, *prices])


def _cut_percent(highest: int, price_minor: int) -> int:
    """Return by how many percent, rounded up, a price is below the highest; 0 for a rise."""
    return max(0, -((price_minor - highest) * 100 // highest)) if highest else 0
