"""
What the shopper is told, by mail or, where only a phone number was given, by text message. Runs in tasks, after the commit.

The mail to the buyer carries the codes and their QR pictures (ADR 0007); a text message, a log or an address never does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email.mime.image import MIMEImage
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_variables

from saas.kernel.senders import under_name
from saas.ui.formats import format_money
from storefront.orders import queries as orders
from storefront.orders import wording
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.stores import moments
from storefront.vouchers import codes, qr
from storefront.vouchers.models import Voucher
from tenants.isolation import current

from . import paying


@dataclass(frozen=True)
class Shown:
    """A voucher as the mail shows it: its code in groups of four, and its QR code under a content id."""

    title: str
    number: int
    code: str
    valid_until: str
    content_id: str
    png: bytes


@sensitive_variables("vouchers", "context")
def tell_paid(order: Order) -> None:
    """Tell the shopper that the vouchers are there, with the link that opens the order."""
    with override(order.language):
        mall, url = current.mall(), paying.order_url(order)
        words = {"mall": mall.name, "number": order.number, "url": url, "title": orders.title_of(order)}
        if not order.email:
            _text(order, _("%(mall)s: your vouchers (%(number)s) are here: %(url)s") % words)
            return
        vouchers = _shown(order, url)
        context = {
            "order": order,
            "vouchers": vouchers,
            "total": format_money(order.total_minor, order.currency),
            **words,
        }
        subject = _("Your vouchers from %(mall)s (%(number)s)") % words
        _mail(order, subject, "checkout/mail/paid", context, pictures=vouchers)


@sensitive_variables()
def _shown(order: Order, url: str) -> list[Shown]:
    """Return the order's vouchers that still stand for something, in the mall at whose address `url` is."""
    parts = urlsplit(url)
    usable = Voucher.objects.filter(line__order=order, state=Voucher.State.ISSUED, disputed_at=None).select_related(
        "line"
    )
    return [
        Shown(
            title=voucher.line.title,
            number=voucher.position,
            code=codes.code_for(voucher),
            valid_until=moments.end(voucher.valid_until_at),
            content_id=f"{voucher.public_id}@{parts.hostname}",
            png=qr.as_png(qr.content_for(voucher, mall_address=f"{parts.scheme}://{parts.netloc}"), scale=6),
        )
        for voucher in usable.order_by("line", "position")
    ]


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


@sensitive_variables()
def _mail(
    order: Order, subject: str, template: str, context: dict[str, object], *, pictures: Sequence[Shown] = ()
) -> None:
    mail = EmailMultiAlternatives(
        " ".join(subject.split()),
        render_to_string(f"{template}.txt", context),
        under_name(current.mall().name),
        [order.email],
    )
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    for one in pictures:
        mail.attach(_picture(one))
    mail.send()


def _picture(shown: Shown) -> MIMEImage:
    """Return the QR code as a part that the mail's HTML shows in its place, without asking a server."""
    part = MIMEImage(shown.png, "png")
    part.add_header("Content-ID", f"<{shown.content_id}>")
    part.add_header("Content-Disposition", "inline", filename=f"voucher-{shown.number}.png")
    return part


def _text(order: Order, text: str) -> None:
    if order.forgotten_at:
        return
    import_string(settings.SMS_BACKEND)().send(to=str(order.phone), text=text)
