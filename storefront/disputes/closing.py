"""What an open dispute freezes and what its end does with it. All of it joins the transaction of `operations.follow`."""

from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from saas.kernel.tasks import enqueue
from storefront.deals.models import Deal
from storefront.refunds.models import Refund
from storefront.refunds.operations import tell_trouble
from storefront.refunds.queries import TROUBLE
from storefront.vouchers.models import Voucher
from storefront.vouchers.operations import parts_told

State = Voucher.State
# Money that has left for the shopper already, or waits at a bank: the refund goes its way, whatever the dispute becomes.
_LEFT = (Refund.State.PENDING, Refund.State.BACK)


def freeze(vouchers: list[Voucher], *, now: datetime) -> int:
    """Freeze what still stands for money, and return how many vouchers that were. They are locked."""
    leaving = set(Refund.objects.filter(voucher__in=vouchers, state__in=_LEFT).values_list("voucher_id", flat=True))
    rows = [
        voucher
        for voucher in vouchers
        if voucher.state not in (State.REFUNDED, State.VOID)
        and voucher.pk not in leaving
        and voucher.disputed_at is None
        and voucher.charged_back_at is None
    ]
    Voucher.objects.filter(pk__in=[row.pk for row in rows]).update(disputed_at=now)
    for row in rows:
        row.disputed_at = now
    return len(rows)


def let_go(vouchers: list[Voucher]) -> None:
    """Let frozen vouchers be used and refunded again; refunds that waited go on."""
    for voucher in vouchers:
        if voucher.disputed_at is None:
            continue
        voucher.disputed_at = None
        voucher.save(update_fields=["disputed_at"])
        if voucher.state == State.REFUND_PENDING:
            enqueue("storefront.refunds.pay_back", voucher_public_id=voucher.public_id)


def take(vouchers: list[Voucher], *, amount_minor: int, now: datetime) -> list[dict[str, object]]:
    """
    Close what a lost dispute takes, whole paid vouchers only, unused ones first, and return them as the books are told. What the
    amount does not cover stays; what no voucher covers, the platform bears.
    """
    left_minor = amount_minor
    lost: list[dict[str, object]] = []
    frozen = [voucher for voucher in vouchers if voucher.disputed_at is not None]
    for voucher in sorted(frozen, key=lambda one: (bool(_use_of(one)), one.line_id, one.position)):
        if 0 < voucher.price_minor <= left_minor:
            left_minor -= voucher.price_minor
            lost.append(_taken(voucher, now=now))
    return lost


def _use_of(voucher: Voucher) -> str:
    """Return the public id of the standing use, empty for an unused voucher."""
    used = voucher.redemptions.filter(undone_at__isnull=True).first()
    return used.public_id if used else ""


def _taken(voucher: Voucher, *, now: datetime) -> dict[str, object]:
    redemption = _use_of(voucher)
    held = list(Refund.objects.filter(voucher=voucher, state__in=TROUBLE))
    Refund.objects.filter(voucher=voucher).exclude(state=Refund.State.DECLINED).update(
        state=Refund.State.DECLINED, decided_at=now, answer=_("Your bank paid the money back")
    )
    for refund in held:  # a person of the platform need not look any more
        refund.refresh_from_db()
        tell_trouble(refund, voucher, is_solved=True, now=now)
    voucher.state = State.REDEEMED if redemption else State.VOID
    voucher.charged_back_at, voucher.disputed_at = now, None
    voucher.save(update_fields=["state", "charged_back_at", "disputed_at"])
    # A refund that failed at the bank afterwards has returned the unit already.
    if not redemption and not Refund.objects.filter(voucher=voucher, is_unit_returned=True).exists():
        Deal.objects.filter(pk=voucher.deal_id).update(units_sold=F("units_sold") - 1)
    return {
        "voucher": voucher.public_id,
        "redemption": redemption,
        "title": voucher.line.title,
        "price_minor": voucher.price_minor,
        "commission_minor": voucher.commission_minor,
        "agency_minor": voucher.agency_minor,
        **parts_told(voucher),
        "lapsed": voucher.lapsed_at is not None,
    }
