"""
Deciding that money of vouchers goes back. Lock order: deal, order, voucher. Nothing here speaks to Stripe; `paying` does, and
`following` notes how far the money is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import locked, locked_one
from saas.kernel.outbox import operations as outbox
from saas.kernel.tasks import enqueue
from storefront.deals.policy import goes_back
from storefront.orders.models import Order
from storefront.vouchers import rules
from storefront.vouchers.models import Voucher
from storefront.vouchers.refusals import AlreadyUsed, Refunded, UnknownCode, Void

from . import limits, together, withdrawing
from .models import Refund
from .queries import ASK_WITHIN
from .refusals import AskedTooLate, MoreThanAgreed, NotDecidable, NothingPaid, NotRefundable, NotUsed, ReasonMissing

State = Voucher.State
_REQUESTED = gettext_lazy("Refund of voucher %(number)d: %(reason)s")


@transaction.atomic
def request(
    *,
    voucher_public_id: str,
    reason: str,
    by: Actor,
    now: datetime,
    beyond_policy: bool = False,
    by_buyer: bool = False,
) -> Voucher:
    """
    Decide that an unused voucher's money goes back in full; from now on it cannot be redeemed. A task pays it back.

    The frozen policy binds, unless `beyond_policy`: the merchant may refund any unused voucher, with a reason. The caller
    has seen to it that `by` may decide so; what kind of account it is says nothing. `by_buyer`: it is who bought it, on the order's
    page; within the days of withdrawal that the sale promised it goes back whatever the policy says, and the declaration is kept (X14).
    Asked again while the refund is under way, it starts the task again and changes nothing. Locks: voucher, before it
    the order where a mandate's limit or a code's minimum binds.

    :raises UnknownCode: no such voucher in this mall
    :raises ReasonMissing: `reason` is empty
    :raises AlreadyUsed: it was redeemed
    :raises Refunded: the money went back already
    :raises Void: it was withdrawn
    :raises NothingPaid: it was free
    :raises Disputed: the buyer's bank has the money until it has decided
    :raises ChargedBack: the buyer's bank took it back
    :raises NotRefundable: the policy says no at `now`
    :raises TooLittleStays: `by_buyer`, and what stays of the order is under the minimum of the code that made it cheaper (X9)
    :raises NotInTheContract, SecondPersonNeeded: the agency acts, and its contract does not let it, or only up to less
    :raises Busy: somebody else held the voucher for too long
    """
    reason = given(reason)
    limits.hold_order(voucher_public_id, by=by)
    if by_buyer:
        _refuse_too_little([voucher_public_id], now=now)
    return _request(voucher_public_id, (reason, beyond_policy, by_buyer), by=by, now=now)


def _refuse_too_little(public_ids: Sequence[str], *, now: datetime) -> None:
    orders = Voucher.objects.filter(public_id__in=public_ids).order_by("line__order")
    for order in orders.values_list("line__order", flat=True).distinct():
        together.refuse_too_little(order, public_ids, at=now)


def _request(public_id: str, wish: tuple[str, bool, bool], *, by: Actor, now: datetime) -> Voucher:
    """`wish`: reason, whether beyond the policy, whether by the buyer."""
    reason, beyond_policy, by_buyer = wish
    voucher = locked_voucher(public_id)
    if voucher.state != State.REFUND_PENDING:
        _check(voucher, beyond_policy=beyond_policy, now=now)
        act = {"reason": reason, "beyond_policy": beyond_policy}
        day = limits.refuse_above(voucher, act, by=by, now=now)
        voucher.state = State.REFUND_PENDING
        voucher.save(update_fields=["state"])
        _close_overtaken(voucher, now=now)
        made = new(voucher, Refund.State.SENDING, reason=reason, by=by, now=now)
        Refund.objects.filter(pk=made.pk).update(counts_on=day)
        if by_buyer and withdrawing.until(voucher, at=now):
            withdrawing.keep(voucher, by=by, now=now)
        _note("voucher.refund_requested", voucher, _REQUESTED, reason, by, now=now)
    enqueue("storefront.refunds.pay_back", voucher_public_id=voucher.public_id)
    return voucher


@transaction.atomic
def carry_out(act: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """
    Refund what a second person has agreed to, as it was asked for; see `tenants.entry.approvals`. Locks: order, voucher.

    `act` names voucher and amount of the order (minor units, all together), and {refund, answer} for a shopper's wish that is accepted
    or {reason, beyond_policy} for an unused voucher.

    :raises MoreThanAgreed: together with what went back since, it would be more than they read
    :raises DomainError: as `request` and `decide`
    """
    voucher = Voucher.objects.select_related("line__order").get(public_id=act["voucher"])
    locked(Order.objects.filter(pk=voucher.line.order_id))
    if voucher.price_minor + limits.given_back(voucher.line.order) > act["amount"]:
        raise MoreThanAgreed
    if "refund" in act:
        decide(refund_public_id=act["refund"], accept=True, answer=act["answer"], by=by, now=now)
        return
    request(
        voucher_public_id=voucher.public_id, reason=act["reason"], by=by, now=now, beyond_policy=act["beyond_policy"]
    )


@transaction.atomic
def request_several(*, voucher_public_ids: Sequence[str], reason: str, by: Actor, now: datetime) -> list[Voucher]:
    """
    Decide on the buyer's word that the money of several vouchers of an order goes back: of all of them or, where one is refused, of none.

    Locks: the order where a code's minimum binds, the vouchers, in their order. Refusals: see `request`.
    """
    reason = given(reason)
    wanted = Voucher.objects.filter(public_id__in=voucher_public_ids).order_by("pk").values_list("public_id", flat=True)
    _refuse_too_little(voucher_public_ids, now=now)
    return [_request(one, (reason, False, True), by=by, now=now) for one in wanted]


@transaction.atomic
def ask(*, voucher_public_id: str, reason: str, by: Actor, now: datetime) -> Refund:
    """
    Ask the merchant for the money of a voucher that was used (X5). Asked again, it is the same wish. Locks: voucher.

    No answer until `decide_until_at`: the platform's rule decides (`settings.REFUND_UNANSWERED`).

    :raises UnknownCode: no such voucher in this mall
    :raises ReasonMissing: `reason` is empty
    :raises NotUsed: it was not redeemed, so nobody has to decide
    :raises NothingPaid: it was free
    :raises Disputed: the buyer's bank looks into it, or took the money back (ChargedBack)
    :raises AskedTooLate: it was used more than `ASK_WITHIN` ago, or the merchant has declined already
    """
    reason = given(reason)
    voucher = locked_voucher(voucher_public_id)
    _close_overtaken(voucher, now=now)
    known = Refund.objects.filter(voucher=voucher).exclude(state=Refund.State.DECLINED).first()
    if known is not None:
        return known
    if voucher.state != State.REDEEMED:
        raise NotUsed
    _refuse_free(voucher)
    rules.refuse_disputed(voucher)
    redemption = rules.standing_redemption(voucher)
    declined = Refund.objects.filter(voucher=voucher).filter(redemption=redemption.public_id).exists()
    if declined or now >= redemption.redeemed_at + ASK_WITHIN:
        raise AskedTooLate
    made = new(voucher, Refund.State.ASKED, reason=reason, by=by, now=now, redemption=redemption.public_id)
    _note(
        "voucher.refund_asked",
        voucher,
        gettext_lazy("Refund of used voucher %(number)d asked for: %(reason)s"),
        reason,
        by,
        now=now,
    )
    return made


@transaction.atomic
def decide(*, refund_public_id: str, accept: bool, answer: str, by: Actor, now: datetime) -> Refund:
    """
    Answer a shopper who asked for the money of a used voucher. Accepted, a task pays it back. The same answer again changes nothing.

    Locks: voucher. The caller has seen to it that `by` may decide. The unit stays used (X7).

    :raises UnknownCode: no such refund in this mall
    :raises ReasonMissing: declined without saying why
    :raises NotDecidable: it was decided otherwise, or the redemption was undone meanwhile
    :raises Disputed: accepted while the buyer's bank looks into it, or took the money back (ChargedBack)
    """
    if not accept:
        answer = given(answer)
    found = Refund.objects.filter(public_id=refund_public_id).select_related("voucher").first()
    if found is None:
        raise UnknownCode
    limits.hold_order(found.voucher.public_id, by=by)
    voucher = locked_voucher(found.voucher.public_id)
    refund = Refund.objects.get(pk=found.pk)
    if refund.state != Refund.State.ASKED:
        if (refund.state != Refund.State.DECLINED) is accept:
            return refund
        raise NotDecidable
    if voucher.state != State.REDEEMED or rules.standing_redemption(voucher).public_id != refund.redemption:
        raise NotDecidable
    if accept:
        rules.refuse_disputed(voucher)
        act = {"refund": refund.public_id, "answer": answer}
        refund.counts_on = limits.refuse_above(voucher, act, by=by, now=now)
    refund.decided_by, refund.decided_at, refund.answer = by.name[:160], now, answer.strip()[:200]
    refund.state = Refund.State.SENDING if accept else Refund.State.DECLINED
    refund.save()
    if accept:
        voucher.state = State.REFUND_PENDING
        voucher.save(update_fields=["state"])
        enqueue("storefront.refunds.pay_back", voucher_public_id=voucher.public_id)
    action = "voucher.refund_accepted" if accept else "voucher.refund_declined"
    text = gettext_lazy("Refund of used voucher %(number)d accepted. %(reason)s")
    if not accept:
        text = gettext_lazy("Refund of used voucher %(number)d declined: %(reason)s")
    _note(action, voucher, text, refund.answer, by, now=now)
    enqueue("storefront.refunds.tell_answer", refund_public_id=refund.public_id)
    return refund


@transaction.atomic
def close_overtaken(*, refund_public_id: str, now: datetime) -> None:
    """Close a wish about a use that was undone since; nobody has to answer it any more. Locks: voucher. Repeated it changes nothing."""
    found = Refund.objects.select_related("voucher").get(public_id=refund_public_id)
    _close_overtaken(locked_voucher(found.voucher.public_id), now=now)


def _close_overtaken(voucher: Voucher, *, now: datetime) -> None:
    standing = voucher.redemptions.filter(undone_at__isnull=True).values("public_id")
    wishes = Refund.objects.filter(voucher=voucher, state=Refund.State.ASKED).exclude(redemption__in=standing)
    wishes.update(state=Refund.State.DECLINED, decided_at=now, answer=_("The use was undone"))


@transaction.atomic
def send_again(*, refund_public_id: str, by: Actor, now: datetime) -> Refund:
    """
    Send a refund again that Stripe refused or that failed at the bank, under a new key. Locks: voucher.

    :raises UnknownCode: no such refund in this mall
    :raises NotDecidable: it is in no such state
    :raises Disputed: the buyer's bank looks into it
    """
    found = Refund.objects.filter(public_id=refund_public_id).select_related("voucher").first()
    if found is None:
        raise UnknownCode
    voucher = locked_voucher(found.voucher.public_id)
    refund = Refund.objects.get(pk=found.pk)
    if refund.state not in (Refund.State.REFUSED, Refund.State.FAILED):
        raise NotDecidable
    rules.refuse_disputed(voucher)
    refund.state, refund.tries, refund.stripe_refund, refund.detail = Refund.State.SENDING, refund.tries + 1, "", ""
    refund.save()
    _note(
        "voucher.refund_sent_again",
        voucher,
        gettext_lazy("Refund of voucher %(number)d sent again. %(reason)s"),
        "",
        by,
        now=now,
    )
    tell_trouble(refund, voucher, is_solved=True, now=now)
    enqueue("storefront.refunds.pay_back", voucher_public_id=voucher.public_id)
    return refund


def new(
    voucher: Voucher, state: Refund.State, *, reason: str, by: Actor, now: datetime, redemption: str = ""
) -> Refund:
    """Make the row of a wish; the voucher is locked."""
    until = now + timedelta(days=settings.REFUND_DECISION_DAYS) if state == Refund.State.ASKED else None
    return Refund.objects.create(
        voucher=voucher,
        redemption=redemption,
        state=state,
        amount_minor=voucher.price_minor,
        currency=voucher.currency,
        reason=reason,
        asked_by=by.name[:160],
        asked_at=now,
        decide_until_at=until,
    )


def tell_trouble(refund: Refund, voucher: Voucher, *, is_solved: bool, now: datetime) -> None:
    """Tell the platform of a refund that does not arrive, or that it is under way again; nothing personal."""
    payload: dict[str, object] = {
        "refund": refund.public_id,
        "order": voucher.line.order.public_id,
        "order_number": voucher.line.order.number,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "state": refund.state,
        "detail": refund.detail,
        "is_solved": is_solved,
    }
    outbox.tell(kind="refund.trouble", subject=voucher.line.order.public_id, payload=payload, now=now)


def locked_voucher(public_id: str) -> Voucher:
    """
    Lock a voucher and return it with its line, order and deal.

    :raises UnknownCode: there is none
    """
    try:
        return locked_one(Voucher.objects.select_related("line__order", "deal").filter(public_id=public_id))
    except Voucher.DoesNotExist as error:
        raise UnknownCode from error


def given(reason: str) -> str:
    """
    Return a reason as it is kept.

    :raises ReasonMissing: it is empty
    """
    reason = reason.strip()[:200]
    if not reason:
        raise ReasonMissing
    return reason


def _note(action: str, voucher: Voucher, text: Promise, reason: str, by: Actor, *, now: datetime) -> None:
    audit.record(
        action=action,
        subject=("order", voucher.line.order.public_id),
        summary=phrase(text, number=voucher.position, reason=reason),
        by=by,
        now=now,
        voucher=voucher.public_id,
        amount_minor=voucher.price_minor,
    )


def _refuse_free(voucher: Voucher) -> None:
    if not voucher.price_minor:
        raise NothingPaid


def _check(voucher: Voucher, *, beyond_policy: bool, now: datetime) -> None:
    if voucher.state == State.REDEEMED:
        raise AlreadyUsed(**rules.told_of(rules.standing_redemption(voucher)))
    if voucher.state == State.REFUNDED:
        raise Refunded(refunded_at=voucher.refunded_at)
    rules.refuse_disputed(voucher)
    if voucher.state == State.VOID:
        raise Void
    _refuse_free(voucher)
    offer, is_expired = voucher.line.offer, voucher.is_expired(at=now)
    if not beyond_policy and not goes_back(offer, bought_at=voucher.issued_at, is_expired=is_expired, at=now):
        raise NotRefundable(policy=str(offer.get("refund_policy", "")))
