"""
Withdrawing from the contract (X14): within the days that the sale promised, its buyer gives an unused voucher back without a reason,
whatever the deal's policy says.

What the buyer declared is kept word for word in the trail, whose rows a trigger keeps as they are: who, when, for which voucher. A
message with the same words and the instant goes to the buyer (Directive 2011/83/EU, articles 9 to 13).
"""

from datetime import datetime

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.tasks import enqueue
from storefront.deals.policy import withdrawal_ends_at
from storefront.stores import moments
from storefront.vouchers.models import Voucher

ACTION = "voucher.withdrawn"


def until(voucher: Voucher, *, at: datetime) -> datetime | None:
    """Return until when (exclusive) the buyer may still withdraw, None when the days are over at `at` or the sale promised none."""
    ends_at = withdrawal_ends_at(voucher.line.offer, bought_at=voucher.issued_at)
    return ends_at if ends_at is not None and at < ends_at else None


def statement(voucher: Voucher) -> str:
    """Return what the buyer declares, in the active language; the page shows the same words before they are sent."""
    line = voucher.line
    facts = {
        "number": voucher.position,
        "units": line.units,
        "title": line.title,
        "order": line.order.number,
        "day": moments.day(voucher.issued_at),
    }
    return (
        _(
            "I withdraw from the contract for voucher %(number)d of %(units)d, “%(title)s”, order %(order)s, bought on %(day)s."
        )
        % facts
    )


def keep(voucher: Voucher, *, by: Actor, now: datetime) -> None:
    """Keep the buyer's declaration and have it acknowledged. Inside the transaction of the refund; the voucher is locked."""
    words = statement(voucher)
    audit.record(
        action=ACTION,
        subject=("order", voucher.line.order.public_id),
        summary=phrase(gettext_lazy("Withdrawal from the contract: “%(statement)s”"), statement=words),
        by=by,
        now=now,
        voucher=voucher.public_id,
        statement=words,
        language=get_language(),
        amount_minor=voucher.price_minor,
    )
    enqueue("storefront.refunds.tell_withdrawn", voucher_public_id=voucher.public_id)
