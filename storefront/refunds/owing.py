"""What this mall owes its shoppers, and giving all of it back when the mall ends (X2, M20)."""

from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.tasks import enqueue
from storefront.payments import queries as payments
from storefront.payments.models import Payment
from storefront.vouchers.models import Voucher
from tenants.erasure import queries as erasures
from tenants.erasure.owed import Owed
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import operations
from .models import Refund
from .refusals import MallStays

BATCH = 100
# Paid for, and neither used nor given up.
UNUSED = Q(state=Voucher.State.ISSUED, lapsed_at=None)
_ASKED = Exists(Refund.objects.filter(voucher=OuterRef("pk"), state=Refund.State.ASKED))
# On its way back, stuck there, or asked for after a use and not decided.
GOING_BACK = Q(state=Voucher.State.REFUND_PENDING) | Q(_ASKED, state=Voucher.State.REDEEMED, charged_back_at=None)


def owed() -> list[Owed]:
    """
    Return what this mall owes its shoppers, by currency; a payment that bought nothing counts as a refund that is not back. Runs
    inside a mall.
    """
    held = {currency: (count, minor) for currency, count, minor in _held()}
    found = []
    for currency, unused, unused_minor, going, going_minor in _sold():
        count, minor = held.pop(currency, (0, 0))
        found.append(Owed(currency, unused, unused_minor, going + count, going_minor + minor))
    return found + [Owed(currency, 0, 0, count, minor) for currency, (count, minor) in held.items()]


def _held() -> "QuerySet[Payment, tuple[str, int, int]]":
    """Return currencies with number and sum of the payments that have bought nothing."""
    rows = Payment.objects.filter(state__in=payments.HELD).order_by("currency").values("currency")
    return rows.annotate(count=Count("pk"), minor=Sum("amount_minor")).values_list("currency", "count", "minor")


def _sold() -> "QuerySet[Voucher, tuple[str, int, int, int, int]]":
    """Return currencies with number and sum of the paid vouchers unused, and of those whose price is going back."""
    return (
        Voucher.objects.filter(UNUSED | GOING_BACK, price_minor__gt=0)
        .order_by("currency")
        .values("currency")
        .annotate(
            unused=Count("pk", filter=UNUSED),
            unused_minor=Sum("price_minor", filter=UNUSED, default=0),
            going=Count("pk", filter=~UNUSED),
            going_minor=Sum("price_minor", filter=~UNUSED, default=0),
        )
        .values_list("currency", "unused", "unused_minor", "going", "going_minor")
    )


def give_all_back(*, by: Actor) -> None:
    """
    Begin to refund every paid, unused voucher of this mall, which is to be erased; tasks go on with it until the mall is kept. Never
    inside a transaction: it asks the platform.

    The caller has seen to it that `by` may. Asked again it refunds what is left. What a buyer's bank holds stays.

    :raises MallStays: no erasure waits
    """
    if not _ends():
        raise MallStays
    told = {"kind": by.kind, "name": by.name, "public_id": by.public_id}
    enqueue("storefront.refunds.give_all_back", by=told, after=0)


def give_some_back(*, by: Actor, after: int, now: datetime) -> int:
    """
    Refund the next vouchers whose number is above `after`, each by itself, and return the last one's number; 0 when it is over, or
    the mall is kept. Repeated it refunds nothing twice. Never inside a transaction.
    """
    if not _ends():
        return 0
    found = list(_refundable().filter(pk__gt=after).values_list("pk", "public_id")[:BATCH])
    for _number, public_id in found:
        try:
            operations.request(
                voucher_public_id=public_id, reason=_("The shop is closing"), by=by, now=now, beyond_policy=True
            )
        except (
            DomainError
        ):  # used or disputed meanwhile: it is not the next one's affair, and what is owed is counted again
            continue
    return int(found[-1][0]) if found else 0


def _refundable() -> "QuerySet[Voucher]":
    return Voucher.objects.filter(UNUSED, price_minor__gt=0, disputed_at=None).order_by("pk")


def _ends() -> bool:
    own = mall()
    with on_platform():
        standing = erasures.standing(own)
        return standing is not None and standing.state == standing.State.WAITING
