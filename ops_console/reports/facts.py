"""What came of it, read inside one mall: orders, redemptions and second visits by day of the mall's calendar. Leaves as plain numbers."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Count, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, Lower, NullIf, TruncDate

from storefront.orders.models import Order
from storefront.refunds.models import Refund
from storefront.vouchers.models import Redemption, Voucher
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

from . import visitors

Pairs = dict[date, tuple[int, int]]


@dataclass(frozen=True)
class Day:
    """
    One day: pages looked at, orders paid (minor units, before any refund), vouchers redeemed, guests who came, of them not for the
    first time; vouchers sold, how many of those were used since; refunds sent to buyers on that day (minor units), whenever they bought.
    """

    day: str
    views: int = 0
    visits: int = 0
    orders: int = 0
    sales_minor: int = 0
    redemptions: int = 0
    guests: int = 0
    again: int = 0
    sold: int = 0
    used: int = 0
    refunded_minor: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def of_mall(tenant: Tenant, *, first: date, until: date) -> list[Day]:
    """Return the days `first` to before `until`, all of them. On the platform; enters the mall. Never inside a transaction."""
    looked = visitors.of_mall(tenant, first=first, until=until)
    with inside(tenant):
        orders, redeemed, guests, sold = _facts(ZoneInfo(tenant.time_zone), first, until)
        refunded = _refunded(ZoneInfo(tenant.time_zone), first, until)
    days = [first + timedelta(days=number) for number in range((until - first).days)]
    return [
        Day(
            day.isoformat(),
            *looked.get(day, (0, 0)),
            *orders.get(day, (0, 0)),
            redeemed.get(day, 0),
            *guests.get(day, (0, 0)),
            *sold.get(day, (0, 0)),
            refunded.get(day, 0),
        )
        for day in days
    ]


def _facts(zone: ZoneInfo, first: date, until: date) -> tuple[Pairs, dict[date, int], Pairs, Pairs]:
    since, end = (datetime.combine(day, time.min, tzinfo=zone) for day in (first, until))
    paid = Order.objects.filter(paid_at__gte=since, paid_at__lt=end).order_by()
    by_day = paid.annotate(day=TruncDate("paid_at", tzinfo=zone)).values_list("day")
    orders = {day: (count, total) for day, count, total in by_day.annotate(n=Count("pk"), total=Sum("total_minor"))}
    standing = Redemption.objects.filter(undone_at__isnull=True).order_by()
    now = standing.filter(redeemed_at__gte=since, redeemed_at__lt=end)
    days = now.annotate(day=TruncDate("redeemed_at", tzinfo=zone)).values_list("day")
    redeemed = dict(days.annotate(n=Count("pk")))
    issued = Voucher.objects.filter(issued_at__gte=since, issued_at__lt=end).order_by()
    made = issued.annotate(day=TruncDate("issued_at", tzinfo=zone)).values_list("day")
    used = Count("pk", filter=Q(state=Voucher.State.REDEEMED))
    sold = {day: (count, gone) for day, count, gone in made.annotate(n=Count("pk"), used=used)}
    return orders, redeemed, _guests(_named(now, zone), _named(standing, zone)), sold


def _refunded(zone: ZoneInfo, first: date, until: date) -> dict[date, int]:
    """Return the refunds that left for the buyers' banks by day; what a bank sent back later is none."""
    since, end = (datetime.combine(day, time.min, tzinfo=zone) for day in (first, until))
    states = (Refund.State.PENDING, Refund.State.BACK)
    gone = Refund.objects.filter(state__in=states, sent_at__gte=since, sent_at__lt=end).order_by()
    by_day = gone.annotate(day=TruncDate("sent_at", tzinfo=zone)).values_list("day")
    return dict(by_day.annotate(total=Sum("amount_minor")))


def _named(rows: "QuerySet[Redemption]", zone: ZoneInfo) -> Any:
    """Name who bought by account, else e-mail, else phone; only counts of them leave this module."""
    order = "voucher__line__order__"
    account = Cast(f"{order}shopper_id", CharField())
    empty = Value("", output_field=CharField())
    email = NullIf(Lower(f"{order}email", output_field=CharField()), empty)
    phone = Cast(f"{order}phone", CharField())
    return rows.annotate(
        who=Coalesce(account, email, phone, output_field=CharField()), day=TruncDate("redeemed_at", tzinfo=zone)
    )


def _guests(now: Any, ever: Any) -> dict[date, tuple[int, int]]:
    """Return for each day how many guests came, and how many of them had come on an earlier day."""
    came = set(now.values_list("who", "day").distinct())
    people = {who for who, _day in came}
    first_days = dict(ever.filter(who__in=people).values_list("who").annotate(first=Min("day")))
    found: dict[date, tuple[int, int]] = {}
    for who, day in came:
        guests, again = found.get(day, (0, 0))
        found[day] = guests + 1, again + (first_days[who] < day)
    return found
