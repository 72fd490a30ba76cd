"""
Money that cannot go back the way it was paid: a wallet's time for refunds is over (`billing.gateway.lasts`), or an account is closed.

A person of the agency pays it out of the platform's bank, and notes here how; what comes back from there is owed again. Nothing here
speaks to Stripe. Lock order: deal, order, voucher.
"""

from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from billing.gateway.operations import RefundState
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.tasks import enqueue
from storefront.vouchers import rules
from storefront.vouchers.models import Voucher
from storefront.vouchers.refusals import UnknownCode

from . import following, operations
from .models import ELSEWHERE, Refund
from .queries import TROUBLE
from .refusals import NotDecidable, WayMissing


@transaction.atomic
def pay(*, refund_public_id: str, way: str, by: Actor, now: datetime) -> Refund:
    """
    Note that a refund which Stripe refused, or which failed at the bank, was paid another way; `way` says how, and its shopper reads it.

    The voucher is refunded as by any other refund, and the books take it out of the platform's bank. The caller has seen to it that `by`
    may. Locks: deal, order, voucher. Outbox: as `following.follow`, and "refund.trouble".

    :raises UnknownCode: no such refund in this mall
    :raises WayMissing: `way` is empty
    :raises NotDecidable: it is not held up, or not any more
    :raises Disputed: the buyer's bank looks into it, or took it back (ChargedBack)
    """
    way = " ".join(way.split())[:200]
    if not way:
        raise WayMissing
    _known(refund_public_id)
    refund, voucher, order = following.held(refund_public_id)
    if refund.state not in TROUBLE:
        raise NotDecidable
    rules.refuse_disputed(voucher)
    refund.tries += 1
    refund.stripe_refund, refund.checked_at = f"{ELSEWHERE}{refund.public_id}-{refund.tries}", now
    following.note_back(refund, voucher, order, by=by, now=now, elsewhere=way)
    _note("voucher.refund_paid_elsewhere", voucher, gettext_lazy("Paid back another way: %(way)s"), way, by=by, now=now)
    operations.tell_trouble(refund, voucher, is_solved=True, now=now)
    enqueue("storefront.refunds.tell_elsewhere", refund_public_id=refund.public_id)
    return refund


@transaction.atomic
def came_back(*, refund_public_id: str, reason: str, by: Actor, now: datetime) -> Refund:
    """
    Note that what was paid another way did not arrive, with the reason: it is owed again and waits for a person, as before.

    Locks and outbox: as `pay`.

    :raises UnknownCode: no such refund in this mall
    :raises ReasonMissing: `reason` is empty
    :raises NotDecidable: it was not paid another way, or has come back before
    """
    reason = operations.given(reason)
    _known(refund_public_id)
    refund, voucher, order = following.held(refund_public_id)
    if refund.state != Refund.State.BACK or not refund.is_elsewhere:
        raise NotDecidable
    text = gettext_lazy("What was paid another way came back: %(way)s")
    _note("voucher.refund_came_back", voucher, text, reason, by=by, now=now)
    told = RefundState(refund_id=refund.stripe_refund, status="failed", failure=reason)
    following.note_lost(refund, voucher, order, told, now=now)
    return refund


def _known(refund_public_id: str) -> None:
    if not Refund.objects.filter(public_id=refund_public_id).exists():
        raise UnknownCode


def _note(action: str, voucher: Voucher, text: Promise, way: str, *, by: Actor, now: datetime) -> None:
    subject = ("order", voucher.line.order.public_id)
    audit.record(
        action=action, subject=subject, summary=phrase(text, way=way), by=by, now=now, voucher=voucher.public_id
    )
