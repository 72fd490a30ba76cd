"""The demo's guests: what they bought and when they came, by checkout, the Stripe sandbox and the counter, at instants of the past."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings

from ops_console.work import cadence
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.kernel.actors import GUEST
from storefront.checkout import operations as checkout
from storefront.checkout import paying, telling
from storefront.checkout.refusals import PersonalLimit, TooFewLeft
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments import queries as payments
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

from .models import MallDay

_TIMEOUT_S = 10
# So many units of each deal are left to whoever looks at the demo.
KEPT = 4
_GUESTS = (
    "Ana Lima", "Ben Ito", "Carla Rossi", "David Osei", "Emma Vogel", "Farid Nazari", "Gita Rao", "Hugo Blanc", "Iris Chen",
    "Jonas Lind", "Kemi Ade", "Lea Maier", "Marco Ruiz", "Nora Falk", "Omid Karimi", "Paula Reyes", "Quinn Hale", "Rosa Silva",
)  # fmt: skip


@dataclass(frozen=True)
class Week:
    """How many orders a mall has on each day from Monday on, and how many looks at its pages lead to one of them."""

    orders: tuple[int, int, int, int, int, int, int]
    looks: int


WEEKS = {"riverside": Week((1, 2, 1, 2, 3, 4, 3), 19), "hillside": Week((0, 1, 1, 2, 2, 3, 0), 24)}


@dataclass(frozen=True)
class Sale:
    """A purchase of a guest, the so manieth of its mall, and when the guest came; `came_at` is None for who has not come yet."""

    number: int
    guest: str
    units: int
    at: datetime
    came_at: datetime | None

    @property
    def email(self) -> str:
        """The guest's address."""
        return f"{self.guest.lower().replace(' ', '.')}@guests.example"

    def key(self, kind: str) -> str:
        """Return a key that is the same when the demo is told again."""
        return sha256(f"{kind} {self.number}".encode()).hexdigest()[:26]


def sell(tenant: Tenant, *, since: date, now: datetime) -> int:
    """
    Let guests look, buy and come from the day `since` to yesterday; return how many orders are paid then.

    Only with the Stripe sandbox at hand, whose clock is put back meanwhile; without it nothing is sold and 0 is returned. Not inside a
    transaction, and before the workers run. Repeated it goes on where it was.
    """
    week = WEEKS.get(tenant.slug)
    if week is None or not has_sandbox():
        return 0
    until = cadence.today(tenant.time_zone, now=now)
    sales = list(_sales(tenant, week, since=since, until=until))
    _look(tenant, week, since=since, until=until)
    try:
        with inside(tenant):
            orders = [(sale, order) for sale in sales if (order := _buy(sale))]
            _come(orders)
    finally:
        _control("clock", offset=0)
    return len(orders)


def has_sandbox() -> bool:
    """Tell whether what stands for Stripe is the local sandbox, and answers."""
    try:
        return bool(_ask("GET", "/healthz").get("ok"))
    except (OSError, HTTPException, ValueError):
        return False


def _sales(tenant: Tenant, week: Week, *, since: date, until: date) -> Iterator[Sale]:
    """Return the purchases in their order: some guests come back, three of four vouchers are used within days."""
    zone, number = ZoneInfo(tenant.time_zone), 0
    for day in (since + timedelta(days=offset) for offset in range((until - since).days)):
        for place in range(week.orders[day.weekday()]):
            at = datetime.combine(day, time(9 + 3 * place, number * 13 % 60), tzinfo=zone)
            comes = datetime.combine(
                day + timedelta(days=1 + number % 3), time(12 + number % 7, number * 7 % 60), tzinfo=zone
            )
            is_used = number % 4 != 3 and comes.date() < until
            guest = _GUESTS[(number * 7 + number // 5) % len(_GUESTS)]
            yield Sale(number, guest, 2 if number % 6 == 2 else 1, at, comes if is_used else None)
            number += 1


def _look(tenant: Tenant, week: Week, *, since: date, until: date) -> None:
    """Keep the looks at a mall's pages for days on which none were counted."""
    rows = []
    for day in (since + timedelta(days=offset) for offset in range((until - since).days)):
        visits = week.looks * (1 + week.orders[day.weekday()]) + day.toordinal() * 5 % 17
        rows.append(MallDay(tenant=tenant, day=day, visits=visits, views=visits * 3 - day.toordinal() % 11))
    MallDay.objects.bulk_create(rows, ignore_conflicts=True)


def _buy(sale: Sale) -> Order | None:
    """Buy and pay; None where nothing was on sale, or no more for this guest. Inside the mall."""
    on_sale = [deal for deal in Deal.objects.on_sale(at=sale.at).order_by("pk") if deal.units_left > KEPT]
    if not on_sale:
        return None
    deal = on_sale[sale.number % len(on_sale)]
    purchase = checkout.Purchase(
        deal.slug, sale.units, deal.price_minor, sale.key("order"), email=sale.email, name=sale.guest
    )
    try:
        order = checkout.reserve(purchase=purchase, by=GUEST, now=sale.at)
    except (PersonalLimit, TooFewLeft):
        return None
    return order if order.state == Order.State.PAID else _pay(order, at=sale.at)


def _pay(order: Order, *, at: datetime) -> Order:
    """Pay an order at the sandbox, by its clock of then. The message about it was read long ago, and is not sent today."""
    _control("clock", at=at.timestamp())
    paying.open_page(order_public_id=order.public_id, now=at)
    for payment in payments.live(order.public_id):
        _control(f"sessions/{payment.session_id}/pay", email=order.email)
    paid_at = at + timedelta(minutes=2)
    paid = paying.look(order_public_id=order.public_id, now=paid_at)
    if telling.claim(order_public_id=order.public_id, now=paid_at):
        telling.note_sent(order_public_id=order.public_id, now=paid_at)
    return paid


def _come(orders: list[tuple[Sale, Order]]) -> None:
    """Redeem the vouchers of the guests who came, in the order in which they came. Inside the mall."""
    staff = User.objects.filter(kind=User.Kind.MERCHANT).prefetch_related("groups").order_by("-pk")
    clerk = next((one for one in staff if one.has_perm(vouchers.MAY_REDEEM)), None)
    came = sorted(((sale.came_at, sale, order) for sale, order in orders if sale.came_at), key=lambda row: row[0])
    for at, sale, order in came if clerk else ():
        for voucher in Voucher.objects.filter(line__order=order).select_related("deal"):
            store = voucher.deal.stores.serving().order_by("pk").first()
            if clerk and store:
                vouchers.redeem(
                    voucher_public_id=voucher.public_id, store_id=store.pk, by=actor_for(clerk), staff=clerk, now=at,
                    request_key=sale.key(f"came {voucher.position}"),
                )  # fmt: skip


def _control(path: str, **sent: object) -> None:
    """Tell the sandbox something, as its control page does."""
    _ask("POST", f"/control/{path}", **sent)


def _ask(method: str, path: str, **sent: object) -> dict[str, Any]:
    """Return the sandbox's answer; it speaks HTTP on this machine, which Stripe itself does not."""
    address = urlsplit(settings.STRIPE_API_BASE)
    if address.scheme != "http" or not address.hostname:
        return {}
    connection = HTTPConnection(address.hostname, address.port, timeout=_TIMEOUT_S)
    try:
        connection.request(method, path, json.dumps(sent), {"Content-Type": "application/json"})
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()
