"""What the shopper is told, by mail or, where only a phone number was given, by text message. Runs in tasks, after the commit."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from saas.ui.formats import format_money
from storefront.orders import queries as orders
from storefront.orders import wording
from storefront.orders.models import Order
from storefront.payments.models import Payment
from tenants.isolation import current

from . import paying


def tell_paid(order: Order) -> None:
    """Tell the shopper that the vouchers are there, with the link that opens the order."""
    with override(order.language):
        mall, url = current.mall(), paying.order_url(order)
        words = {"mall": mall.name, "number": order.number, "url": url, "title": orders.title_of(order)}
        if not order.email:
            _text(order, _("%(mall)s: your vouchers (%(number)s) are here: %(url)s") % words)
            return
        vouchers = [voucher for line in order.lines.order_by("pk") for voucher in line.vouchers.all()]
        context = {
            "order": order,
            "vouchers": vouchers,
            "total": format_money(order.total_minor, order.currency),
            **words,
        }
        _mail(order, _("Your vouchers from %(mall)s (%(number)s)") % words, "checkout/mail/paid", context)


def tell_returned(order: Order, payment: Payment) -> None:
    """Tell the shopper that a payment bought nothing and goes back in full, and why."""
    with override(order.language):
        amount = format_money(payment.amount_minor, payment.currency)
        why = wording.reason(payment.detail)
        words = {
            "mall": current.mall().name,
            "number": order.number,
            "amount": amount,
            "why": why,
            "url": paying.order_url(order),
        }
        if not order.email:
            _text(order, _("%(mall)s: %(why)s %(amount)s go back to you in full. %(url)s") % words)
            return
        _mail(
            order,
            _("Your money goes back: %(amount)s from %(mall)s") % words,
            "checkout/mail/returned",
            {"order": order, **words},
        )


def _mail(order: Order, subject: str, template: str, context: dict[str, object]) -> None:
    send_mail(
        " ".join(subject.split()),
        render_to_string(f"{template}.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [order.email],
        html_message=render_to_string(f"{template}.html", context),
    )


def _text(order: Order, text: str) -> None:
    import_string(settings.SMS_BACKEND)().send(to=str(order.phone), text=text)
