"""The capacity and margin guard on this mall's rows: gathers what `capacity.examine` needs, and says what stops a sale."""

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime, timedelta

from storefront.stores import hours
from storefront.stores.models import WEEKDAYS, Store
from storefront.stores.moments import local
from storefront.terms import commission
from storefront.terms.queries import NoTerms, winning_term
from tenants.isolation import current

from .capacity import Examination, Offer, Rival, Shop, examine
from .checks import DealDraft, Problem
from .models import Deal, DealReview
from .snapshots import draft_of

# What the guard's answer depends on. Another change of a deal on sale is not stopped by it.
FIELDS = frozenset(
    "price_minor units_total sale_starts_at sale_ends_at valid_from_at valid_until_at valid_days service_minutes cost_minor stores".split()
)

# The newest so many other deals of a store are looked at.
MOST_RIVALS = 100


def examined(draft: DealDraft, *, deal: Deal | None = None, at: datetime) -> Examination:
    """Return what the mall's stores can serve and earn with a draft; `deal` is the one that it changes. Four queries."""
    return examine(_offer(draft, deal, at=at), _shops(draft), _rivals(draft, deal, at=at))


def examined_deal(deal: Deal, *, at: datetime) -> Examination:
    """Return what the mall's stores can serve and earn with a deal as it is."""
    return examined(draft_of(deal), deal=deal, at=at)


def stops(draft: DealDraft, *, deal: Deal | None = None, at: datetime) -> tuple[Problem, ...]:
    """Return what stops the sale; nothing where somebody who may has overridden the guard for exactly these figures."""
    found = examined(draft, deal=deal, at=at)
    if not found.is_stopped or (deal is not None and is_overridden(draft, deal, at=at)):
        return ()
    return tuple(Problem(one.field, one.text) for one in found.findings if one.kind == "stop")


def is_overridden(draft: DealDraft, deal: Deal, *, at: datetime) -> bool:
    """Tell whether the guard was overridden for these figures. Other units, prices, minutes or stations ask anew."""
    review = DealReview.objects.filter(deal=deal).exclude(override_of="").first()
    return review is not None and review.override_of == figures(draft, deal=deal, at=at)


def figures(draft: DealDraft, *, deal: Deal | None, at: datetime) -> str:
    """Return a fingerprint of the deal's own figures and its stations, to which an override is bound; not of time or rivals."""
    offer = asdict(_offer(draft, deal, at=at))
    if not draft.valid_until_at:
        del offer["from_date"], offer["until_date"]
    exact = {**offer, "valid_days": draft.valid_days, "shops": [asdict(shop) for shop in _shops(draft)]}
    return hashlib.sha256(json.dumps(exact, sort_keys=True, default=str).encode()).hexdigest()


def _offer(draft: DealDraft, deal: Deal | None, *, at: datetime) -> Offer:
    from_date, until_date = _days(draft)
    # A draft that is not written yet has the terms of the mall.
    sold = deal or Deal(category_id=draft.category_id)
    try:
        term = winning_term(deal=sold, at=at)
        commission_bp: int | None = commission.deducted_bp(
            rate_bp=term.rate_bp, tax_rate_bp=term.tax_rate_bp, agency_rate_bp=term.agency_rate_bp
        )
    except NoTerms:
        commission_bp = None
    return Offer(
        units=draft.units_total,
        price_minor=draft.price_minor,
        currency=deal.currency if deal else current.mall().currency,
        from_date=from_date,
        until_date=until_date,
        service_minutes=draft.service_minutes,
        cost_minor=draft.cost_minor,
        commission_bp=commission_bp,
    )


def _days(draft: DealDraft | Deal) -> tuple[date, date]:
    """Return the first day on which a voucher may be used, and the day after the last, on the mall's clock."""
    first = local(draft.valid_from_at or draft.sale_starts_at).date()
    if draft.valid_until_at is not None:
        return first, max((local(draft.valid_until_at) - timedelta(microseconds=1)).date() + timedelta(days=1), first)
    # Whoever buys last has so many days; without an end of the sale all may buy on its first day.
    last = local(draft.sale_ends_at).date() if draft.sale_ends_at else first
    return first, max(last, first) + timedelta(days=draft.valid_days or 0)


def _shops(draft: DealDraft) -> list[Shop]:
    stores = Store.objects.serving().filter(pk__in=draft.store_ids)
    return [
        Shop(
            store.name,
            store.stations,
            tuple(hours.lengths(store.hours.get(day, [])) for day in WEEKDAYS),
            store.public_id,
        )
        for store in stores
    ]


def _rivals(draft: DealDraft, deal: Deal | None, *, at: datetime) -> list[Rival]:
    """Return the other deals that are on sale, or were sold and may still be used, in one of the stores."""
    rows = Deal.objects.filter(stores__in=draft.store_ids).exclude(state=Deal.State.DRAFT)
    if deal is not None:
        rows = rows.exclude(pk=deal.pk)
    today, found = local(at).date(), []
    for row in rows.order_by("-pk").distinct()[:MOST_RIVALS]:
        first, until = _days(row)
        is_over = row.state == Deal.State.ENDED or (row.sale_ends_at is not None and row.sale_ends_at <= at)
        units = row.units_held + row.units_sold if is_over else row.units_total
        if units and until > today:
            found.append(Rival(row.title, units, row.service_minutes, first, until))
    return found
