"""Acts on orders that the back office offers."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.tasks import enqueue
from storefront.checkout import telling
from storefront.orders.models import Order


class NothingToSend(DomainError):
    """The order has no vouchers that could be sent."""

    code = "nothing_to_send"
    message = _("Only a paid order has vouchers to send.")


@transaction.atomic
def resend(*, order_public_id: str, by: Actor, now: datetime) -> Order:
    """
    Send the mail with the vouchers again, to the address that the shopper gave. No money moves.

    :raises NothingToSend: the order is not paid
    :raises Order.DoesNotExist: there is no such order
    """
    order = Order.objects.get(public_id=order_public_id)
    if order.state != Order.State.PAID:
        raise NothingToSend
    audit.record(
        action="order.mail_resent",
        subject=("order", order.public_id),
        summary=_("Vouchers sent again"),
        by=by,
        now=now,
    )
    telling.wish(order_public_id=order.public_id, now=now)
    enqueue("storefront.checkout.tell_paid", order_public_id=order.public_id)
    return order
