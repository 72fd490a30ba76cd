"""What the shopper is told of a refund, by mail or, where only a phone number was given, by text message. Runs in tasks."""

from django.conf import settings
from django.core.mail import send_mail
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from saas.audit.models import AuditEntry
from saas.kernel.senders import under_name
from saas.ui.formats import format_money
from storefront.orders import access
from storefront.orders.models import Order
from storefront.stores import moments
from storefront.vouchers.models import Voucher
from tenants.isolation import addresses, current
from tenants.isolation.entrance import on_platform
from tenants.registry import queries as registry

from . import withdrawing
from .models import Refund


def tell_answer(refund_public_id: str) -> None:
    """Say whether the shop gives the money of a used voucher back."""
    refund, order = _found(refund_public_id)
    if refund.state == Refund.State.ASKED:
        return
    with override(order.language):
        words = _words(refund, order)
        if refund.state == Refund.State.DECLINED:
            subject = _("%(mall)s does not refund your voucher") % words
            text = (
                _("You asked for %(amount)s of a used voucher (order %(number)s). The shop answers: %(answer)s") % words
            )
        else:
            subject = _("%(amount)s go back to you") % words
            text = (
                _("%(mall)s refunds your used voucher (order %(number)s): %(amount)s go back the way you paid.") % words
            )
        _send(order, subject, text)


def tell_withdrawn(voucher_public_id: str) -> None:
    """Acknowledge a withdrawal: what was declared, when it came, and what goes back (X14)."""
    voucher = Voucher.objects.select_related("line__order").get(public_id=voucher_public_id)
    order = voucher.line.order
    kept = AuditEntry.objects.filter(
        action=withdrawing.ACTION, subject_kind="order", subject_id=order.public_id, data__voucher=voucher.public_id
    ).last()
    if kept is None:
        return
    with override(order.language):
        words = {
            "mall": current.mall().name,
            "amount": format_money(voucher.price_minor, voucher.currency),
            "statement": kept.data["statement"],
            "when": moments.when(kept.at),
        }
        text = _(
            "%(mall)s has your declaration: “%(statement)s” It came on %(when)s. The voucher does not work any more, and %(amount)s go "
            "back the way you paid. Please keep this message."
        )
        _send(order, _("You withdrew from a purchase at %(mall)s") % words, text % words)


def tell_failed(refund_public_id: str) -> None:
    """Say that the bank did not take the money, and that somebody looks at it."""
    refund, order = _found(refund_public_id)
    if refund.state != Refund.State.FAILED:
        return
    with override(order.language):
        words = _words(refund, order)
        text = _(
            "Your bank did not take the refund of %(amount)s (order %(number)s). We look at it and send it again, or ask you for another "
            "way."
        )
        _send(order, _("A refund of %(amount)s did not arrive") % words, text % words)


def tell_elsewhere(refund_public_id: str) -> None:
    """Say that the money was paid another way than the shopper paid, and how."""
    refund, order = _found(refund_public_id)
    if refund.state != Refund.State.BACK or not refund.is_elsewhere:
        return
    with override(order.language):
        words = _words(refund, order) | {"way": refund.detail}
        text = _(
            "%(amount)s of order %(number)s could not go back the way you paid, so we paid it another way: %(way)s. If it does not arrive, "
            "please answer this message."
        )
        _send(order, _("%(amount)s were paid back to you another way") % words, text % words)


def _found(refund_public_id: str) -> tuple[Refund, Order]:
    refund = Refund.objects.select_related("voucher__line__order").get(public_id=refund_public_id)
    return refund, refund.voucher.line.order


def _words(refund: Refund, order: Order) -> dict[str, str]:
    amount = format_money(refund.amount_minor, refund.currency)
    return {"mall": current.mall().name, "number": order.number, "amount": amount, "answer": refund.answer}


def _send(order: Order, subject: str, text: str) -> None:
    if order.forgotten_at:
        return
    mall, path = current.mall(), access.link_path(order)
    with on_platform():
        domain = registry.primary_domain(mall)
    url = addresses.mall_url(domain, path)
    if order.email:
        send_mail(" ".join(subject.split()), f"{text}\n\n{url}\n", under_name(mall.name), [order.email])
    else:
        import_string(settings.SMS_BACKEND)().send(to=str(order.phone), text=f"{text} {url}")
