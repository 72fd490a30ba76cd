"""Refunds after the commit, and what sweeps up behind them. Each may run twice."""

import logging

from django.conf import settings
from django.utils.translation import gettext as _

from billing.gateway.hearing import UNTIL_ANSWERED
from billing.gateway.operations import GatewayUnavailable
from saas.kernel import clock
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import Busy, DomainError
from saas.kernel.tasks import enqueue, task

from . import mails, operations, owing, paying, queries
from .refusals import NotDecidable

logger = logging.getLogger(__name__)
_HEALS = {"autoretry_for": (OSError,), "max_retries": 8, "retry_backoff": 10, "retry_backoff_max": 900}


@task(
    "storefront.refunds.pay_back",
    autoretry_for=(GatewayUnavailable, Busy),
    max_retries=3,
    retry_backoff=5,
    retry_backoff_max=60,
)
def pay_back(*, voucher_public_id: str, **_later: object) -> None:
    """Send one voucher's money back. After the last try the sweep goes on with it."""
    paying.pay_back(voucher_public_id=voucher_public_id, now=clock.now())


@task("storefront.refunds.refund_changed", **UNTIL_ANSWERED)
def refund_changed(*, object_id: str, payment_reference: str = "", **_later: object) -> None:
    """Stripe told that something happened to a refund: ask how far it is. What is no voucher's may be a payment's that bought nothing."""
    if not paying.look_at(stripe_refund=object_id, now=clock.now()) and payment_reference:
        enqueue("storefront.checkout.return_changed", payment_reference=payment_reference, stripe_refund=object_id)


@task("storefront.refunds.refund_expired")
def refund_expired(**_later: object) -> None:
    """Find what ended unused and goes back by itself (X2), what nobody has decided (X5), and what was left lying or is with a bank."""
    now = clock.now()
    for public_id in queries.expired(at=now):
        enqueue("storefront.refunds.refund_one", voucher_public_id=public_id)
    for public_id in queries.overdue(at=now):
        enqueue("storefront.refunds.decide_one", refund_public_id=public_id)
    for public_id in queries.to_pay_back():
        enqueue("storefront.refunds.pay_back", voucher_public_id=public_id)
    for stripe_refund in queries.to_look_at(at=now):
        enqueue("storefront.refunds.refund_changed", object_id=stripe_refund)


@task("storefront.refunds.refund_one")
def refund_one(*, voucher_public_id: str, **_later: object) -> None:
    """Refund one voucher that ended unused."""
    try:
        operations.request(voucher_public_id=voucher_public_id, reason=_("It ended unused"), by=SYSTEM, now=clock.now())
    except DomainError as refusal:
        logger.info("voucher %s is not refunded at its end: %s", voucher_public_id, refusal.code)


@task("storefront.refunds.decide_one")
def decide_one(*, refund_public_id: str, **_later: object) -> None:
    """Answer in the shop's place, by the platform's rule, when it has let the time pass (X5)."""
    accept = settings.REFUND_UNANSWERED != "decline"
    answer = _("The shop did not answer in time")
    try:
        operations.decide(refund_public_id=refund_public_id, accept=accept, answer=answer, by=SYSTEM, now=clock.now())
    except NotDecidable:
        operations.close_overtaken(refund_public_id=refund_public_id, now=clock.now())
    except DomainError as refusal:
        logger.info("refund %s is not decided by its deadline: %s", refund_public_id, refusal.code)


@task("storefront.refunds.give_all_back")
def give_all_back(*, by: dict[str, str], after: int, **_later: object) -> None:
    """Refund some of what shoppers have paid for in a mall that ends, and go on with the next."""
    actor = Actor(kind=by["kind"], name=by["name"], public_id=by["public_id"])
    if last := owing.give_some_back(by=actor, after=after, now=clock.now()):
        enqueue("storefront.refunds.give_all_back", by=by, after=last)


@task("storefront.refunds.tell_answer", **_HEALS)
def tell_answer(*, refund_public_id: str, **_later: object) -> None:
    """Tell the shopper what the shop answered."""
    mails.tell_answer(refund_public_id)


@task("storefront.refunds.tell_withdrawn", **_HEALS)
def tell_withdrawn(*, voucher_public_id: str, **_later: object) -> None:
    """Acknowledge to the buyer that they withdrew, with their words and when they came."""
    mails.tell_withdrawn(voucher_public_id)


@task("storefront.refunds.tell_failed", **_HEALS)
def tell_failed(*, refund_public_id: str, **_later: object) -> None:
    """Tell the shopper that the bank did not take the money."""
    mails.tell_failed(refund_public_id)


@task("storefront.refunds.tell_elsewhere", **_HEALS)
def tell_elsewhere(*, refund_public_id: str, **_later: object) -> None:
    """Tell the shopper how the money was paid that could not go back the way it came."""
    mails.tell_elsewhere(refund_public_id)
