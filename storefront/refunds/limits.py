"""What the agency may give back by its mandate without a second yes: of one order, and on one day (A4)."""

from datetime import date, datetime
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext_lazy

from saas.audit.phrases import Amount, phrase
from saas.kernel.actors import Actor, refuse_beyond
from saas.kernel.locking import locked
from storefront.orders.models import Order
from storefront.vouchers.models import Voucher
from tenants.entry import approvals
from tenants.entry.approvals import Asking, Kind

from .models import Refund


def hold_order(voucher: str, *, by: Actor) -> None:
    """Lock the voucher's order where a mandate's limit binds: of two vouchers given back at once the second counts the first."""
    if by.bounds is not None:
        locked(Order.objects.filter(pk__in=Voucher.objects.filter(public_id=voucher).values("line__order")))


def refuse_above(voucher: Voucher, act: dict[str, Any], *, by: Actor, now: datetime) -> date | None:
    """
    Hold what the agency gives back of an order, all vouchers together, and on the day against its limits (A4).

    Return the day on which it counts, None where it counts on none. `act`: see `operations.carry_out`. Each voucher is asked for by itself;
    `carry_out` sees to it that the yeses together give back no more than was read. Locks: the day, see `approvals.hold_day`.

    :raises SecondPersonNeeded: it is above a limit, and nobody has agreed
    """
    if by.bounds is None:
        return None
    refuse_beyond(by, "refunds.decide")
    order = voucher.line.order
    amount = voucher.price_minor + given_back(order)
    told = {"order": order.number, "position": voucher.position, "amount": Amount(amount, voucher.currency)}
    label = phrase(gettext_lazy("%(order)s #%(position)s: %(amount)s"), **told)
    if reason := act.get("reason") or act.get("answer"):
        label = phrase(gettext_lazy("%(order)s #%(position)s: %(amount)s. %(reason)s"), **told, reason=reason[:120])
    day = approvals.hold_day(Kind.REFUND, by=by, now=now)
    today = _counted_on(day.on) if day else 0
    if day is not None and today + voucher.price_minor > day.limit:
        sums = {"done": Amount(today, voucher.currency), "limit": Amount(day.limit, voucher.currency)}
        label = phrase(
            gettext_lazy("%(what)s (today %(done)s went back already, of %(limit)s a day)"), what=label, **sums
        )
    frozen = {**act, "voucher": voucher.public_id, "amount": amount}
    asking = Asking(Kind.REFUND, voucher.public_id, label, amount, frozen, adds=voucher.price_minor, today=today)
    is_within = approvals.refuse_above(asking, by=by, now=now)
    return day.on if day and is_within else None


def _counted_on(day: date) -> int:
    """Return what the agency gave back on a day within its limits, minor units."""
    return int(Refund.objects.filter(counts_on=day).aggregate(total=Sum("amount_minor"))["total"] or 0)


def given_back(order: Order) -> int:
    """Return what of an order goes or went back, minor units."""
    given = Refund.objects.filter(voucher__line__order=order).exclude(
        state__in=[Refund.State.ASKED, Refund.State.DECLINED]
    )
    return int(given.aggregate(total=Sum("amount_minor"))["total"] or 0)
