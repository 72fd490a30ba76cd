"""What waits for its money to go back, and how each refund stands."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from storefront.deals.models import Deal
from storefront.vouchers.models import Voucher

from .models import Refund

State = Refund.State
BATCH = 200
# A refund that is with the bank is asked about so often, besides Stripe's own news of it (X12).
ASK_EVERY = timedelta(hours=1)
# How long after its use a shopper can ask for the money of a voucher.
ASK_WITHIN = timedelta(days=30)
# What a person has to look at.
TROUBLE = (State.REFUSED, State.FAILED)
UNDER_WAY = (State.SENDING, State.PENDING)


def to_pay_back() -> list[str]:
    """Return the public ids of vouchers whose money has not been sent, without those that wait for a person or for a bank."""
    waiting = Refund.objects.filter(state__in=(*TROUBLE, State.PENDING)).values("voucher")
    rows = Voucher.objects.filter(state=Voucher.State.REFUND_PENDING, disputed_at=None).exclude(pk__in=waiting)
    return list(rows.order_by("pk").values_list("public_id", flat=True)[:BATCH])


def to_look_at(*, at: datetime) -> list[str]:
    """Return Stripe's ids of refunds that are with a bank and were not asked about for a while."""
    rows = Refund.objects.filter(state=State.PENDING, checked_at__lte=at - ASK_EVERY)
    return list(rows.order_by("checked_at").values_list("stripe_refund", flat=True)[:BATCH])


def overdue(*, at: datetime) -> list[str]:
    """Return the public ids of refunds that the merchant has not decided in time."""
    rows = Refund.objects.filter(state=State.ASKED, decide_until_at__lte=at, voucher__disputed_at=None)
    return list(rows.order_by("decide_until_at").values_list("public_id", flat=True)[:BATCH])


def expired(*, at: datetime) -> list[str]:
    """Return the public ids of unused vouchers that are over at `at` and go back by themselves (X2)."""
    rows = Voucher.objects.filter(
        state=Voucher.State.ISSUED,
        disputed_at=None,
        valid_until_at__lte=at,
        price_minor__gt=0,
        line__offer__refund_policy=Deal.RefundPolicy.ANY_TIME,
    )
    return list(rows.order_by("valid_until_at", "pk").values_list("public_id", flat=True)[:BATCH])


def of_voucher(voucher: Voucher) -> Refund | None:
    """Return the latest refund of a voucher."""
    return Refund.objects.filter(voucher=voucher).first()


def may_ask(voucher: Voucher, *, at: datetime) -> bool:
    """Tell whether the shop can still be asked for the money of a used voucher: in time, and not declined before."""
    used = voucher.redemptions.filter(undone_at__isnull=True).first()
    if used is None or at >= used.redeemed_at + ASK_WITHIN:
        return False
    return not Refund.objects.filter(voucher=voucher, redemption=used.public_id).exists()


def matching(*, state: str, words: str) -> QuerySet[Refund]:
    """Return refunds for a list, those to decide and in trouble first: `state` is open, trouble, back, declined or empty."""
    rows = Refund.objects.select_related("voucher__line__order").order_by("-asked_at", "-pk")
    states = {
        "open": (State.ASKED,),
        "under_way": UNDER_WAY,
        "trouble": TROUBLE,
        "back": (State.BACK,),
        "declined": (State.DECLINED,),
    }.get(state)
    if states:
        rows = rows.filter(state__in=states)
    if words:
        rows = rows.filter(
            Q(voucher__line__order__number__iexact=words)
            | Q(voucher__line__title__icontains=words)
            | Q(voucher__line__order__email__iexact=words)
            | Q(stripe_refund=words)
        )
    return rows
