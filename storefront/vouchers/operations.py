"""Writes of vouchers: issue, redeem, undo, refund. Lock order: the order (held by who calls), then the voucher."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.ids import public_id
from saas.kernel.locking import locked_one
from saas.kernel.money import split_within
from saas.kernel.outbox import operations as outbox
from storefront.deals import validity
from storefront.orders.models import Order, OrderLine
from storefront.promotions.pricing import Cut, Unit, of_units
from storefront.stores.models import Store
from storefront.terms import commission
from tenants.isolation import current

from . import codes, rules
from .models import Redemption, Voucher
from .refusals import (
    AlreadyUsed,
    NotYourStore,
    Refunded,
    RefundUnderWay,
    RequestKeyReused,
    StaffMayNotRedeem,
    UndoLimitReached,
    UndoReasonMissing,
    UndoTooLate,
    UnknownCode,
    ValidityPassed,
    Void,
    WrongStore,
)

MAY_REDEEM = "vouchers.add_redemption"
# How often a voucher may be redeemed and undone (V4). The redemption after that stands.
UNDO_LIMIT = 10


@transaction.atomic
def issue(*, order: Order, now: datetime) -> list[Voucher]:
    """
    Make a voucher for each unit of a paid order, each with its code, its validity and its exact part of the commission (V10).

    Locks: none of its own; the caller holds the order's. Repeated, it returns the vouchers that there are.

    :raises ValidityPassed: the deal's vouchers would already be over; the money has to go back
    """
    issued = list(_all().filter(line__order=order))
    if issued:
        return issued
    made = [
        voucher
        for line in order.lines.select_related("deal").order_by("pk")
        for voucher in _units(line, order.currency, now)
    ]
    Voucher.objects.bulk_create(made)
    audit.record(
        action="voucher.issued",
        subject=("order", order.public_id),
        summary=phrase(gettext_lazy("Vouchers issued: %(count)d"), count=len(made)),
        by=SYSTEM,
        now=now,
        vouchers=[voucher.public_id for voucher in made],
    )
    return list(_all().filter(line__order=order))


def _units(line: OrderLine, currency: str, now: datetime) -> list[Voucher]:
    starts_at, ends_at = validity.rule_of(line.offer).span(issued_at=now, zone=current.mall().time_zone)
    if ends_at <= starts_at:
        raise ValidityPassed(valid_until_at=ends_at)
    ids = [public_id() for _unit in range(line.units)]
    parts = _divided(line, currency)
    return [
        Voucher(
            public_id=ids[index],
            code_hash=codes.new_hash(ids[index]),
            line=line,
            deal=line.deal,
            position=index + 1,
            price_minor=parts[index].unit.price_minor,
            discount_minor=parts[index].unit.discount_minor,
            platform_discount_minor=parts[index].unit.platform_minor,
            commission_minor=parts[index].commission_minor,
            commission_tax_minor=parts[index].tax_minor,
            agency_minor=parts[index].agency_minor,
            currency=currency,
            issued_at=now,
            valid_from_at=starts_at,
            valid_until_at=ends_at,
        )
        for index in range(line.units)
    ]


@dataclass(frozen=True)
class _Part:
    """What is frozen on one voucher: how it was paid, and of its worth the commission, the tax on that and the agency's share."""

    unit: Unit
    commission_minor: int
    tax_minor: int
    agency_minor: int


def _divided(line: OrderLine, currency: str) -> list[_Part]:
    """
    Return the line's units as they were paid, with each one's parts; they add up to the line's, and no voucher bears more than it is worth.

    What does not divide of commission and tax goes to the first vouchers, of the agency's share to the last.
    """
    cut = Cut(line.discount_minor, line.platform_discount_minor)
    units = of_units(cut, unit_price_minor=line.unit_price_minor, units=line.units, currency=currency)
    taken_minor = _commission_of(line)
    taken = split_within(taken_minor, [unit.price_minor + unit.platform_minor for unit in units])
    tax_minor = commission.tax_of_line(
        total_minor=line.base_minor, commission_minor=taken_minor, rate_bp=line.commission_tax_bp
    )
    rooms = [unit.price_minor + unit.platform_minor - one for unit, one in zip(units, taken, strict=True)]
    taxes = split_within(tax_minor, rooms, weights=taken)
    agency_minor = commission.agency_of_line(
        total_minor=line.base_minor, commission_minor=taken_minor, rate_bp=line.agency_rate_bp, tax_minor=tax_minor
    )
    left = [room - tax for room, tax in zip(rooms, taxes, strict=True)]
    shares = split_within(agency_minor, left[::-1])[::-1]
    return [_Part(*one) for one in zip(units, taken, taxes, shares, strict=True)]


def _commission_of(line: OrderLine) -> int:
    return commission.of_line(
        total_minor=line.base_minor,
        rate_bp=line.commission_rate_bp,
        minimum_minor=line.commission_minimum_minor,
        maximum_minor=line.commission_maximum_minor,
    )


@transaction.atomic
def redeem(
    *, voucher_public_id: str, store_id: int, request_key: str, by: Actor, staff: User, now: datetime
) -> Redemption:
    """
    Use a voucher up in a store, once. The same `request_key` gets the same redemption, also after it was undone (V5, V6).

    Locks: voucher. Every check is made on the row as it is under the lock. Writes audit and outbox "voucher.redeemed".

    :raises UnknownCode: no such voucher in this mall
    :raises RequestKeyReused: the key stands for another voucher or store (M4)
    :raises StaffMayNotRedeem: the person has no right to
    :raises NotYourStore: the person is bound to other stores (V8)
    :raises Refusal: see `rules.check`; AlreadyUsed says when, where and by whom
    :raises Busy: another terminal held the voucher for too long
    """
    if not staff.has_perm(MAY_REDEEM):
        raise StaffMayNotRedeem
    voucher = _locked_voucher(public_id=voucher_public_id)
    known = Redemption.objects.select_related("store", "voucher").filter(request_key=request_key).first()
    if known is not None:
        return _same(known, voucher_public_id, store_id)
    store = Store.objects.serving().filter(pk=store_id).first()
    if store is None:
        raise WrongStore(stores=[one.name for one in rules.stores_of(voucher)])
    _refuse_elsewhere(staff, store, voucher)
    rules.check(voucher, store=store, now=now)
    redemption = Redemption(
        voucher=voucher, store=store, request_key=request_key, staff=staff, staff_name=by.name[:160], redeemed_at=now
    )
    _use_up(voucher, redemption)
    audit.record(
        action="voucher.redeemed",
        subject=("voucher", voucher.public_id),
        summary=phrase(gettext_lazy("Redeemed at %(store)s"), store=store.name),
        by=by,
        now=now,
        redemption=redemption.public_id,
        store=store.public_id,
    )
    facts = {
        "rule": voucher.line.commission_rule,
        "rate_bp": voucher.line.commission_rate_bp,
        "store": store.name,
        "staff": by.name,
    }
    _tell("voucher.redeemed", voucher, now, redemption=redemption.public_id, **facts)
    return redemption


def _refuse_elsewhere(staff: User, store: Store, voucher: Voucher) -> None:
    """Refuse who is bound to other stores than this one (V8)."""
    if staff.store_ids and store.public_id not in staff.store_ids:
        theirs = Store.objects.of_staff(staff.store_ids).values_list("name", flat=True)
        raise NotYourStore(store=store.name, stores=list(theirs), voucher=voucher.public_id)


def _same(known: Redemption, voucher_public_id: str, store_id: int) -> Redemption:
    if (known.voucher.public_id, known.store_id) != (voucher_public_id, store_id):
        raise RequestKeyReused
    return known


def _use_up(voucher: Voucher, redemption: Redemption) -> None:
    try:
        with transaction.atomic():
            redemption.save(force_insert=True)
    except IntegrityError as error:
        # The same key came for two vouchers at once: each holds its own voucher's lock, the index tells them apart.
        raise RequestKeyReused from error
    voucher.state = Voucher.State.REDEEMED
    voucher.save(update_fields=["state"])


@transaction.atomic
def undo(*, redemption_public_id: str, reason: str, by: Actor, now: datetime, staff: User | None = None) -> Redemption:
    """
    Take a redemption back within the window, before its money is settled; the voucher is as it was, or expired meanwhile (V2).
    `staff` is who does it at the counter.

    Locks: voucher. A redemption that is undone already stays so and is returned. The row stays (V14). Writes audit and
    outbox "voucher.redemption_undone".

    :raises UnknownCode: no such redemption in this mall
    :raises UndoReasonMissing: `reason` is empty
    :raises NotYourStore: `staff` is bound to other stores than the one of the redemption (V8)
    :raises RefundUnderWay: its money goes back to the shopper
    :raises Refunded: its money went back
    :raises Disputed: the buyer's bank is looking into the payment
    :raises ChargedBack: the buyer's bank took it back
    :raises Void: it was withdrawn, as in the copy of a mall
    :raises UndoTooLate: `rules.undo_until` has passed (V3)
    :raises UndoLimitReached: the voucher was undone `UNDO_LIMIT` times (V4)
    :raises Busy: another terminal held the voucher for too long
    """
    reason = reason.strip()[:200]
    if not reason:
        raise UndoReasonMissing
    voucher = _locked_voucher(redemptions__public_id=redemption_public_id)
    redemption = Redemption.objects.select_related("store").get(public_id=redemption_public_id)
    if redemption.undone_at is not None:
        return redemption
    if staff is not None:
        _refuse_elsewhere(staff, redemption.store, voucher)
    rules.refuse_disputed(voucher)
    _refuse_money_gone(voucher)
    if now >= (until := rules.undo_until(redemption)):
        raise UndoTooLate(undo_until_at=until)
    if voucher.redemptions.filter(undone_at__isnull=False).count() >= UNDO_LIMIT:
        raise UndoLimitReached(limit=UNDO_LIMIT)
    redemption.undone_at, redemption.undone_by, redemption.undo_reason = now, by.name[:160], reason
    redemption.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    voucher.state = Voucher.State.ISSUED
    voucher.save(update_fields=["state"])
    audit.record(
        action="voucher.redemption_undone",
        subject=("voucher", voucher.public_id),
        summary=phrase(gettext_lazy("Redemption undone: %(reason)s"), reason=reason),
        by=by,
        now=now,
        redemption=redemption.public_id,
    )
    _tell("voucher.redemption_undone", voucher, now, redemption=redemption.public_id, reason=reason)
    return redemption


def _refuse_money_gone(voucher: Voucher) -> None:
    """Refuse to give a voucher's use back when its money goes back already (M6)."""
    if voucher.state == Voucher.State.REFUND_PENDING:
        raise RefundUnderWay
    if voucher.state == Voucher.State.REFUNDED:
        raise Refunded(refunded_at=voucher.refunded_at)
    if voucher.state == Voucher.State.VOID:
        raise Void


@transaction.atomic
def mark_refunded(
    *, voucher: str, refund: str, by: Actor, now: datetime, redemption: str = "", elsewhere: str = ""
) -> Voucher:
    """
    Note that the money of a voucher went back; `voucher` is its public id, `refund` the refund's.

    `redemption` is the public id of the use that the shop gave the money back for, empty for an unused voucher (X5). `elsewhere` says
    how it was paid where it did not go back the way it came: out of the platform's bank.
    Locks: voucher; a caller that changes the order too locks the order first. The same refund told twice is one. Writes audit
    and outbox "voucher.refunded", or "redemption.refunded". An expired voucher is refundable (X2).

    :raises UnknownCode: no such voucher in this mall
    :raises AlreadyUsed: it was redeemed; the redemption has to be undone first
    :raises Refunded: by another refund
    :raises Void: it was withdrawn
    """
    row = _locked_voucher(public_id=voucher)
    if row.state == Voucher.State.REFUNDED:
        if row.refund_reference == refund:
            return row
        raise Refunded(refunded_at=row.refunded_at)
    if row.state == Voucher.State.REDEEMED:
        raise AlreadyUsed(**rules.told_of(rules.standing_redemption(row)))
    if row.state == Voucher.State.VOID:
        raise Void
    row.state, row.refunded_at, row.refund_reference = Voucher.State.REFUNDED, now, refund
    row.save(update_fields=["state", "refunded_at", "refund_reference"])
    audit.record(
        action="voucher.refunded",
        subject=("voucher", row.public_id),
        summary=gettext_lazy("Voucher refunded"),
        by=by,
        now=now,
        refund=refund,
    )
    told: dict[str, object] = {"amount_minor": row.price_minor, "refund": refund}
    if elsewhere:
        told |= {"is_elsewhere": True, "reason": elsewhere, "by": by.name}
    if redemption:
        _tell("redemption.refunded", row, now, redemption=redemption, borne_by="merchant", **told)
    else:
        _tell("voucher.refunded", row, now, lapsed=row.lapsed_at is not None, **told)
    return row


@transaction.atomic
def lapse(*, voucher_public_id: str, now: datetime) -> bool:
    """
    Give up what was paid for a voucher that ended unused, is not refundable, and whose value the law lets end; tell whether this
    call did it. It stays in its state: expired. Locks: voucher. Writes audit and outbox "voucher.lapsed".

    :raises UnknownCode: no such voucher in this mall
    """
    row = _locked_voucher(public_id=voucher_public_id)
    is_disputed = row.disputed_at is not None
    if (
        row.lapsed_at is not None
        or is_disputed
        or row.state != Voucher.State.ISSUED
        or not rules.has_lapsed(row, at=now)
    ):
        return False
    row.lapsed_at = now
    row.save(update_fields=["lapsed_at"])
    audit.record(
        action="voucher.lapsed",
        subject=("voucher", row.public_id),
        summary=gettext_lazy("Ended unused"),
        by=SYSTEM,
        now=now,
    )
    _tell("voucher.lapsed", row, now)
    return True


def _all() -> "QuerySet[Voucher]":
    return Voucher.objects.select_related("line__order", "deal").order_by("line", "position")


def _locked_voucher(**which: str) -> Voucher:
    try:
        return locked_one(_all().filter(**which))
    except Voucher.DoesNotExist as error:
        raise UnknownCode from error


def _tell(kind: str, voucher: Voucher, now: datetime, **more: object) -> None:
    order = voucher.line.order
    payload = {
        "voucher": voucher.public_id,
        "order": order.public_id,
        "order_number": order.number,
        "title": voucher.line.title,
        "price_minor": voucher.price_minor,
        "commission_minor": voucher.commission_minor,
        "agency_minor": voucher.agency_minor,
        "currency": voucher.currency,
        **parts_told(voucher),
        **more,
    }
    outbox.tell(kind=kind, subject=order.public_id, payload=payload, now=now)


def parts_told(voucher: Voucher) -> dict[str, object]:
    """Return what the platform has to know of the tax on a voucher's commission (M5) and of its discount (M10), where there is any."""
    told: dict[str, object] = {}
    if voucher.commission_tax_minor:
        told["commission_tax_minor"] = voucher.commission_tax_minor
    if voucher.discount_minor:
        told |= {
            "discount_minor": voucher.discount_minor,
            "platform_discount_minor": voucher.platform_discount_minor,
            "promotion": voucher.line.promotion_code,
        }
    return told
