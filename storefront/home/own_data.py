"""What a mall holds about a shopper, for them to take along."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Prefetch

from saas.accounts.models import User
from storefront.mailings import queries as mailings
from storefront.orders import access
from storefront.orders import queries as orders
from storefront.orders.models import Order, OrderLine
from storefront.refunds.models import Refund
from storefront.shoppers import queries as shoppers
from storefront.vouchers.models import Redemption, Voucher
from tenants.isolation.current import mall


def own_data(user: User, *, address: str, at: datetime) -> dict[str, Any]:
    """
    Return everything about a shopper as plain values: account, news, orders with lines, vouchers, uses and refunds. Eight queries.

    Instants are in UTC, amounts in minor units of `currency`. `address` is the mall's, without a slash at its end; the links that
    open the orders begin with it.
    """
    proved = shoppers.contacts(user)
    vouchers = Voucher.objects.order_by("position").prefetch_related(
        Prefetch("redemptions", Redemption.objects.select_related("store")), "refunds"
    )
    lines = OrderLine.objects.order_by("pk").prefetch_related(Prefetch("vouchers", vouchers))
    found = orders.of_buyer(user, emails=proved.emails, phones=proved.phones)
    return {
        "shop": {"name": mall().name, "address": address},
        "made_at": at,
        "account": _account(user),
        "news_by_mail": _news(user),
        "orders": [_order(one, address) for one in found.prefetch_related(Prefetch("lines", lines))],
    }


def _account(user: User) -> dict[str, Any]:
    rows = EmailAddress.objects.filter(user=user).order_by("pk")
    return {
        "id": user.public_id,
        "name": user.name,
        "email": user.email or "",
        "emails": [{"email": one.email, "is_proved": one.verified, "is_primary": one.primary} for one in rows],
        "phone": str(user.phone or ""),
        "is_phone_proved": user.phone_verified,
        "language": user.language,
        "joined_at": user.joined_at,
        "last_login_at": user.last_login,
    }


def _news(user: User) -> dict[str, Any]:
    consent = mailings.consent_of(user)
    return {
        "is_wanted": mailings.wants_news(user),
        "asked_for_at": consent.given_at if consent else None,
        "ended_at": consent.withdrawn_at if consent else None,
        "letters": [{"subject": one.mailing.subject, "sent_at": one.sent_at} for one in mailings.letters_to(user)],
    }


def _order(order: Order, address: str) -> dict[str, Any]:
    return {
        "number": order.number,
        "state": order.state,
        "link": address + access.link_path(order),
        "name": order.name,
        "email": order.email,
        "phone": str(order.phone),
        "language": order.language,
        "network_address": order.buyer_ip or "",
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "lines": [_line(line) for line in order.lines.all()],
    }


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "title": line.title,
        "units": line.units,
        "unit_price_minor": line.unit_price_minor,
        "discount_minor": line.discount_minor,
        "paid_minor": line.paid_minor,
        "promotion_code": line.promotion_code,
        "promised": line.offer,
        "vouchers": [_voucher(one) for one in line.vouchers.all()],
    }


def _voucher(voucher: Voucher) -> dict[str, Any]:
    return {
        "number": voucher.position,
        "state": voucher.state,
        "price_minor": voucher.price_minor,
        "issued_at": voucher.issued_at,
        "valid_from_at": voucher.valid_from_at,
        "valid_until_at": voucher.valid_until_at,
        "uses": [
            {"store": use.store.name, "used_at": use.redeemed_at, "taken_back_at": use.undone_at}
            for use in voucher.redemptions.all()
        ],
        "refunds": [_refund(one) for one in voucher.refunds.all()],
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "state": refund.state,
        "amount_minor": refund.amount_minor,
        "reason": refund.reason,
        "asked_at": refund.asked_at,
        "answer": refund.answer,
        "decided_at": refund.decided_at,
        "sent_at": refund.sent_at,
        "back_at": refund.back_at,
    }
