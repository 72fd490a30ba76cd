"""Writes of what merchants earned: noted at the redemption, released after the hold, brought back when it is taken from them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from billing.ledger import operations as ledger
from billing.ledger.models import Account, Transfer
from billing.ledger.operations import Entry, Leg, Posting
from billing.payouts import queries as payouts
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id
from saas.kernel.locking import locked, locked_one

from .models import Charge, Earning

Kind = Account.Kind
State = Earning.State
# How many earnings are released in one transaction.
BATCH = 200
_BY = "Hutong"


class ChargeUnknown(DomainError):
    """Nothing in the books says that the order was paid."""

    code = "charge_unknown"


@dataclass(frozen=True)
class Redeemed:
    """
    A redemption as the mall told it; `gross_minor` is the voucher's worth, `net_minor` the merchant's part of it, and `borne_minor`
    what of that part the platform adds for a discount.
    """

    redemption: str
    schema: str
    order: str
    voucher: str
    gross_minor: int
    net_minor: int
    currency: str
    at: datetime
    borne_minor: int = 0


@transaction.atomic
def note(redeemed: Redeemed) -> Earning:
    """
    Note an earning once; it waits for the undo window and the hold of the mall's terms.

    :raises ChargeUnknown: the order was never told as paid
    """
    hold = max(
        timedelta(minutes=settings.VOUCHER_UNDO_MINUTES), timedelta(days=payouts.terms_of(redeemed.schema).hold_days)
    )
    earning, _created = Earning.objects.get_or_create(
        redemption=redeemed.redemption,
        defaults={
            "tenant_schema": redeemed.schema,
            "charge": _charge(redeemed.schema, redeemed.order),
            "order_public_id": redeemed.order,
            "voucher_public_id": redeemed.voucher,
            "gross_minor": redeemed.gross_minor,
            "net_minor": redeemed.net_minor,
            "borne_minor": redeemed.borne_minor,
            "currency": redeemed.currency,
            "earned_at": redeemed.at,
            "releases_at": redeemed.at + hold,
        },
    )
    return earning


def reference_of_given(key: str) -> str:
    """Return the reference of the earning that `note_given` notes under a key; it stands in the place of a redemption's id."""
    return hashlib.sha256(key.encode()).hexdigest()[:26]


def note_given(*, key: str, schema: str, subject: str, amount_minor: int, currency: str, now: datetime) -> Earning:
    """
    Note once, for each key, what the platform gives a merchant out of its own balance: available at once, sent with the next
    settlement. Inside the transaction that books it. `subject` is what it is given for: no order, but the group of its transfer.
    """
    reference = reference_of_given(key)
    charge, _created = Charge.objects.get_or_create(
        reference=reference,
        defaults={
            "tenant_schema": schema,
            "order_public_id": subject,
            "amount_minor": 0,
            "currency": currency,
            "paid_at": now,
        },
    )
    earning, _created = Earning.objects.get_or_create(
        redemption=reference,
        defaults={
            "tenant_schema": schema,
            "charge": charge,
            "order_public_id": "",
            "voucher_public_id": "",
            "gross_minor": amount_minor,
            "net_minor": amount_minor,
            "borne_minor": amount_minor,
            "currency": currency,
            "state": State.RELEASED,
            "earned_at": now,
            "releases_at": now,
            "released_at": now,
        },
    )
    return earning


def _charge(schema: str, order: str) -> Charge:
    """Return the order's charge; one that was paid before charges were noted is made from the books."""
    charge = Charge.objects.filter(tenant_schema=schema, order_public_id=order).first()
    if charge is not None:
        return charge
    paid = Transfer.objects.filter(tenant_schema=schema, order_public_id=order, kind="order_paid").first()
    if paid is None:
        raise ChargeUnknown(order=order)
    facts = {
        "tenant_schema": schema,
        "order_public_id": order,
        "amount_minor": paid.amount_minor,
        "currency": paid.currency,
        "paid_at": paid.happened_at,
    }
    return Charge.objects.get_or_create(reference=paid.key.split(":")[1], defaults=facts)[0]


def undisputed() -> "QuerySet[Earning]":
    """Return the earnings whose payment no bank is looking into: only they are released and sent."""
    return Earning.objects.exclude(charge__in=Charge.objects.filter(disputed_at__isnull=False))


def due(*, at: datetime) -> "QuerySet[Earning]":
    """Return the earnings whose hold is over at `at`."""
    return undisputed().filter(state=State.PENDING, releases_at__lte=at)


@transaction.atomic
def release(*, schema: str, now: datetime) -> int:
    """
    Make up to `BATCH` of a mall's earnings whose hold is over available, and return how many.

    Locks: the earnings, then accounts of the books. Two at once release nothing twice.
    """
    wanted = list(due(at=now).filter(tenant_schema=schema).order_by("pk").values_list("pk", flat=True)[:BATCH])
    rows = [row for row in locked(Earning.objects.filter(pk__in=wanted)) if row.state == State.PENDING]
    postings = [
        Posting(_move(row, f"released:{row.redemption}", "earning_released", now=now), public_id()) for row in rows
    ]
    ledger.post_many(postings, now=now)
    Earning.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.RELEASED, released_at=now)
    return len(rows)


def _move(row: Earning, key: str, kind: str, *, now: datetime) -> Entry:
    return _entry(row, key, Leg(kind, Kind.MERCHANT_PENDING, Kind.MERCHANT_AVAILABLE, row.net_minor), now=now)


def _entry(row: Earning, key: str, leg: Leg, *, now: datetime) -> Entry:
    return Entry(
        key=key,
        tenant_schema=row.tenant_schema,
        currency=row.currency,
        legs=[leg],
        by=_BY,
        happened_at=now,
        order=row.order_public_id,
        voucher=row.voucher_public_id,
    )


@transaction.atomic
def bring_back(*, redemption: str, schema: str, now: datetime, is_set_aside: bool = False) -> Earning | None:
    """
    Put an earning back to where it was at the redemption, `merchant_pending`, so that it can be taken from there; once.

    `is_set_aside`: nothing takes it from there yet, because the shopper's money has still to go, or came back to us.

    What was released leaves the available; what is in a settlement already stays paid and is owed by the merchant, to be netted from
    later earnings (M12, M13). None when the redemption has no earning in the mall `schema`. Locks: the earning, then accounts of the books.
    """
    try:
        row = locked_one(Earning.objects.filter(redemption=redemption, tenant_schema=schema))
    except Earning.DoesNotExist:
        return None
    if row.state == State.TAKEN_BACK:
        row.is_set_aside = is_set_aside
        row.save(update_fields=["is_set_aside"])
        return row
    source = {State.RELEASED: Kind.MERCHANT_AVAILABLE, State.CLAIMED: Kind.MERCHANT_RECEIVABLE}.get(State(row.state))
    if source is not None:
        leg = Leg("earning_brought_back", source, Kind.MERCHANT_PENDING, row.net_minor)
        entry = _entry(row, f"brought_back:{redemption}", leg, now=now)
        ledger.post_many([Posting(entry, public_id())], now=now)
    row.state, row.taken_back_at, row.is_set_aside = State.TAKEN_BACK, now, is_set_aside
    row.save(update_fields=["state", "taken_back_at", "is_set_aside"])
    return row
