"""What a contract lets the agency change of a deal: words by one permission, prices of what is on sale by another, up to a limit."""

from datetime import datetime, timedelta

from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, refuse_beyond
from tenants.entry import approvals
from tenants.entry.approvals import Asking, Kind

from .checks import DealDraft
from .models import Deal
from .snapshots import as_json, draft_of, waiting

# Small cuts one after the other count together.
WINDOW = timedelta(days=7)
_PRICES = {"price_minor", "was_price_minor"}


def refuse_change(deal: Deal, draft: DealDraft, *, by: Actor, now: datetime) -> None:
    """
    Refuse what the actor's mandate does not let them change. Who acts by no mandate passes. Inside the change's transaction.

    :raises NotInTheContract: it takes a permission that is not given
    :raises SecondPersonNeeded: the price falls by more than the limit, against its highest of the last week
    """
    if by.bounds is None:
        return
    before, after = as_json(draft_of(deal)), as_json(draft)
    touched = {name for name in after if before.get(name) != after[name]}
    if deal.state != Deal.State.PUBLISHED:
        if touched:
            refuse_beyond(by, "deals.draft")
        return
    if touched - _PRICES:
        refuse_beyond(by, "deals.draft")
        refuse_beyond(by, "deals.publish")
    if touched & _PRICES:
        refuse_beyond(by, "deals.price")
        cut = _cut_percent(deal, draft.price_minor, now=now)
        act = {"deal": deal.public_id, "before": before, "draft": after, "proposed": waiting(deal)}
        asking = Asking(Kind.PRICE_CUT, deal.public_id, f"{deal.title}: {cut} %", cut, act)
        approvals.refuse_above(asking, by=by, now=now)


def _cut_percent(deal: Deal, price_minor: int, *, now: datetime) -> int:
    """Return by how many percent, rounded up, a price is below the highest of the last week; 0 for a rise."""
    told = AuditEntry.objects.filter(
        action="deal.changed", subject_kind="deal", subject_id=deal.public_id, actor_kind="agency", at__gt=now - WINDOW
    )
    prices = [entry.data.get("before", {}).get("price_minor") or 0 for entry in told]
    highest = max([deal.price_minor, *prices])
    return max(0, -((price_minor - highest) * 100 // highest)) if highest else 0
