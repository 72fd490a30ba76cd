"""A shopper ends their account: what has to be over first, what goes, what stays."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from saas.accounts import operations as accounts
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked
from saas.kernel.outbox.operations import tell
from storefront.mailings import operations as mailings
from storefront.orders import operations as order_operations
from storefront.orders import queries as orders
from storefront.orders import spent
from storefront.orders.models import Order
from storefront.payments import queries as payments
from storefront.payments.models import Payment
from storefront.promotions import claiming as promotions
from storefront.refunds.models import Refund
from storefront.shoppers import queries as shoppers
from storefront.vouchers.models import Voucher

UNDER_WAY = (
    Refund.State.ASKED, Refund.State.SENDING, Refund.State.PENDING, Refund.State.REFUSED, Refund.State.FAILED,
)  # fmt: skip


class WorksHere(DomainError):
    """The account is of the mall's staff: its owner closes it."""

    code = "account_works_here"
    message = _("You work here with this account. Ask the owner of the shop to close it.")


class MustWait(DomainError):
    """Money is on its way: a payment, a refund, or a question at the buyer's bank."""

    code = "account_must_wait"
    message = _("Something about your money is still under way. Nothing was changed; come back when it is done.")


@dataclass(frozen=True)
class Unused:
    """Paid vouchers of one order that can still be used, and what was paid for them; `url` is the order's page."""

    url: str
    title: str
    number: str
    units: int
    worth_minor: int
    currency: str


@dataclass(frozen=True)
class Prospect:
    """What ending an account meets: orders whose money is under way, and paid vouchers that are left."""

    waiting: tuple[str, ...]
    unused: tuple[Unused, ...]

    @property
    def units(self) -> int:
        """How many paid vouchers are left."""
        return sum(one.units for one in self.unused)


def prospect(user: User, *, at: datetime) -> Prospect:
    """Return what a shopper has to know before ending their account. `waiting` are numbers of orders."""
    theirs = _orders_of(user)
    waiting = _waiting(theirs).order_by("placed_at").values_list("number", flat=True)
    usable = Q(lines__vouchers__state=Voucher.State.ISSUED, lines__vouchers__valid_until_at__gt=at)
    paid = theirs.filter(usable, lines__vouchers__price_minor__gt=0).distinct().prefetch_related("lines")
    return Prospect(tuple(waiting), tuple(_unused(order, at=at) for order in paid))


def _unused(order: Order, *, at: datetime) -> Unused:
    left = Voucher.objects.filter(
        line__order=order, state=Voucher.State.ISSUED, valid_until_at__gt=at, price_minor__gt=0
    )
    return Unused(
        url=f"/orders/{order.public_id}/",
        title=orders.title_of(order),
        number=order.number,
        units=left.count(),
        worth_minor=left.aggregate(worth=Sum("price_minor"))["worth"] or 0,
        currency=order.currency,
    )


@transaction.atomic
def end(*, user: User, now: datetime) -> None:
    """
    End a shopper's account for good, and tell the platform, so that no archive from before brings it back (I12).

    Name, addresses and numbers go from the account and from all that was bought with it, or as a guest with an address that the person
    proved; the news, the ways to sign in and every session too. What limits for each person need is kept under marks (`orders.spent`).
    What was sold and paid stays for the books, without saying to whom, and so
    do unused vouchers, which their links and codes open. Locks: the orders, then the account.

    :raises WorksHere: the account is of the mall's staff
    :raises MustWait: a payment, a refund or a dispute is under way
    """
    if user.kind != User.Kind.SHOPPER:
        raise WorksHere
    locked(_orders_of(user))
    if _waiting(_orders_of(user)).exists():
        raise MustWait
    _empty(user, now=now)
    by = Actor("shopper", user.public_id, user.public_id)
    subject = ("person", user.public_id)
    audit.record(action="person.ended", subject=subject, summary=phrase(_("Ended their account")), by=by, now=now)
    tell(kind="person.ended", subject=f"person:{user.public_id}", payload={"person": user.public_id}, now=now)


def settle_restored(*, ended: Collection[str] = (), now: datetime, **_later: object) -> None:
    """In a mall that was made from an archive, end again the accounts that were ended since the archive was made."""
    for user in User.objects.filter(public_id__in=ended):
        _empty(user, now=now)


def _empty(user: User, *, now: datetime) -> None:
    theirs, proved = locked(_orders_of(user)), shoppers.contacts(user)
    uses = promotions.personal_uses(theirs)
    spent.keep(orders=theirs, emails=proved.emails, phones=proved.phones, uses=uses, now=now)
    order_operations.forget_buyer(orders=theirs, now=now)
    mailings.forget(member=user)
    accounts.end(person=user.public_id)


def _orders_of(user: User) -> QuerySet[Order]:
    proved = shoppers.contacts(user)
    return orders.of_buyer(user, emails=proved.emails, phones=proved.phones)


def _waiting(theirs: QuerySet[Order]) -> QuerySet[Order]:
    """Return the orders whose money is under way."""
    open_refunds = Refund.objects.filter(state__in=UNDER_WAY).values("voucher__line__order")
    returning = Voucher.objects.filter(
        Q(state=Voucher.State.REFUND_PENDING) | Q(disputed_at__isnull=False, charged_back_at=None)
    ).values("line__order")
    held = Payment.objects.filter(state__in=payments.HELD).values("order_public_id")
    is_waiting = Q(state=Order.State.PENDING) | Q(public_id__in=held)
    return theirs.filter(is_waiting | Q(pk__in=open_refunds) | Q(pk__in=returning))
