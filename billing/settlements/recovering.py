"""
Bringing back from a merchant's Stripe account what was sent of an earning, before a shopper's money goes or after a lost dispute.

`begin` writes down what is brought back and moves the debt; then Stripe is asked, under one key, until it has said yes or no. Repeated
after a kill at any point, one reversal is made. What the account does not hold stays owed and is netted (M13).
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from billing.gateway import transfers
from billing.gateway.operations import PaymentRefused
from billing.ledger import operations as ledger
from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg, Reversal
from saas.kernel.ids import public_id
from saas.kernel.locking import locked_one
from tenants.isolation.entrance import on_platform

from . import earnings
from .models import Earning, Part, Recovery

Kind = Account.Kind
State = Recovery.State
# Whoever began a recovery is given so long to finish it before the sweep goes on with it.
UNDER_WAY = timedelta(minutes=5)
_BY = "Hutong"


def recover(*, redemption: str, now: datetime, schema: str = "") -> None:
    """
    Take an earning back for good and bring what was sent of it back, as far as the merchant's Stripe account holds it. Once, however
    often it is called and wherever it was cut off. Callable in a mall and on the platform, never inside a transaction.

    :raises GatewayUnavailable: unknown whether it came back; call it again
    :raises Busy: somebody else held a lock for too long
    """
    with on_platform():
        recovery = begin(redemption=redemption, schema=schema, now=now)
        if recovery is None or recovery.state != State.PLANNED or recovery.part is None:
            return
        try:
            made = transfers.reverse(
                key=recovery.public_id,
                tenant_schema=recovery.earning.tenant_schema,
                transfer_id=recovery.part.transfer_id,
                amount_minor=recovery.amount_minor,
                now=now,
            )
        except PaymentRefused as refusal:
            said = refusal.data.get("stripe_message") or refusal.data.get("stripe_code") or refusal.code
            note_refused(recovery_id=recovery.pk, detail=str(said), now=now)
        else:
            note_done(recovery_id=recovery.pk, reversal_id=made.reversal_id, now=now)


@transaction.atomic
def begin(*, redemption: str, now: datetime, schema: str = "") -> Recovery | None:
    """
    Take the earning of a redemption back and plan what Stripe is asked for; once. None when the redemption has no earning,
    or not in the mall `schema` that asks: a copy of a mall has the redemptions of another.

    At most what its transfer still holds, what of the mall's money has not reached a bank and is not being brought back for another
    earning, and what the merchant owes; so much is no longer on its way to the merchant, and no longer owed. Locks: earning, part,
    accounts of the books.
    """
    try:
        earning = locked_one(Earning.objects.filter(redemption=redemption))
    except Earning.DoesNotExist:
        return None
    if schema not in ("", earning.tenant_schema):
        return None
    known = Recovery.objects.select_related("part", "earning").filter(earning=earning).first()
    if known is not None:
        return known
    part = _part_of(earning)
    _held(earning)
    if earning.state != Earning.State.TAKEN_BACK:
        earning = (
            earnings.bring_back(redemption=redemption, schema=earning.tenant_schema, now=now, is_set_aside=True)
            or earning
        )
    amount_minor = _recoverable_minor(earning, part) if part else 0
    recovery = Recovery(earning=earning, part=part, amount_minor=amount_minor, begun_at=now)
    recovery.state = State.PLANNED if amount_minor else State.NONE
    recovery.save(force_insert=True)
    if amount_minor:
        legs = [Leg("recovery_begun", Kind.PAYOUTS_IN_TRANSIT, Kind.MERCHANT_RECEIVABLE, amount_minor)]
        ledger.post(_entry(recovery, f"recovery:{recovery.public_id}", legs, now=now), journal_id=public_id(), now=now)
    return recovery


def _part_of(earning: Earning) -> Part | None:
    """Lock and return the transfer that carried the earning out of its charge, if Stripe made it. What we bore is owed instead."""
    if earning.settlement_id is None:
        return None
    parts = Part.objects.filter(settlement_id=earning.settlement_id, charge_id=earning.charge_id, is_borne=False)
    sent = parts.filter(state=Part.State.SENT)
    return locked_one(sent) if sent.exists() else None


def _recoverable_minor(earning: Earning, part: Part) -> int:
    gone = part.recoveries.exclude(state__in=[State.REFUSED, State.NONE]).aggregate(total=Sum("amount_minor"))
    others = Recovery.objects.filter(
        state=State.PLANNED, earning__tenant_schema=earning.tenant_schema, earning__currency=earning.currency
    )
    asked_minor = int(others.aggregate(total=Sum("amount_minor"))["total"] or 0)
    held = _held(earning)
    return max(
        0,
        min(
            earning.net_minor - earning.borne_minor,
            part.amount_minor - int(gone["total"] or 0),
            held[Kind.PAYOUTS_IN_TRANSIT],
            held[Kind.MERCHANT_STRIPE] - asked_minor,
            held[Kind.MERCHANT_RECEIVABLE],
        ),
    )


def _held(earning: Earning) -> dict[str, int]:
    """Lock every account that taking an earning back moves, all at once, and return what they hold."""
    return ledger.locked_balances(
        Kind.MERCHANT_PENDING,
        Kind.MERCHANT_AVAILABLE,
        Kind.MERCHANT_RECEIVABLE,
        Kind.PAYOUTS_IN_TRANSIT,
        Kind.MERCHANT_STRIPE,
        schema=earning.tenant_schema,
        currency=earning.currency,
    )


@transaction.atomic
def note_done(*, recovery_id: int, reversal_id: str, now: datetime) -> Recovery:
    """Note that the money is back in our pot. Repeated it changes nothing. Locks: the recovery, accounts of the books."""
    recovery = locked_one(Recovery.objects.select_related("earning").filter(pk=recovery_id))
    if recovery.state != State.PLANNED:
        return recovery
    recovery.state, recovery.reversal_id, recovery.done_at = State.DONE, reversal_id, now
    recovery.save()
    legs = [Leg("transfer_reversed", Kind.STRIPE_CASH, Kind.MERCHANT_STRIPE, recovery.amount_minor)]
    entry = _entry(recovery, f"reversal:{recovery.public_id}", legs, now=now, reversal=reversal_id)
    ledger.post(entry, journal_id=public_id(), now=now)
    return recovery


@transaction.atomic
def note_refused(*, recovery_id: int, detail: str, now: datetime) -> Recovery:
    """Note that Stripe will not: the merchant owes it as before. Repeated it changes nothing. Locks: as `note_done`."""
    recovery = locked_one(Recovery.objects.select_related("earning").filter(pk=recovery_id))
    if recovery.state != State.PLANNED:
        return recovery
    recovery.state, recovery.detail, recovery.done_at = State.REFUSED, detail[:300], now
    recovery.save()
    reversal = Reversal(
        key=f"recovery_refused:{recovery.public_id}",
        original_key=f"recovery:{recovery.public_id}",
        by=_BY,
        reason=detail[:200],
        happened_at=now,
    )
    ledger.reverse(reversal, journal_id=public_id(), now=now)
    return recovery


def unfinished(*, before: datetime) -> list[str]:
    """Return the redemptions whose recovery was begun before an instant and is not over, oldest first."""
    rows = Recovery.objects.filter(state=State.PLANNED, begun_at__lt=before).order_by("begun_at")
    return list(rows.values_list("earning__redemption", flat=True)[:200])


def _entry(recovery: Recovery, key: str, legs: list[Leg], *, now: datetime, **details: str) -> Entry:
    earning = recovery.earning
    return Entry(
        key=key,
        tenant_schema=earning.tenant_schema,
        currency=earning.currency,
        legs=legs,
        by=_BY,
        happened_at=now,
        order=earning.order_public_id,
        voucher=earning.voucher_public_id,
        details=details,
    )
