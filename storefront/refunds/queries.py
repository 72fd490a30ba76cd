"""What waits for its money to go back."""

from datetime import datetime

from saas.audit.models import AuditEntry
from storefront.deals.models import Deal
from storefront.vouchers.models import Voucher

from .operations import REFUSED

BATCH = 200


def to_pay_back() -> list[str]:
    """Return the public ids of vouchers whose money is on its way, without those that Stripe refused."""
    parked = AuditEntry.objects.filter(action=REFUSED, subject_kind="voucher").values("subject_id")
    rows = Voucher.objects.filter(state=Voucher.State.REFUND_PENDING).exclude(public_id__in=parked)
    return list(rows.order_by("pk").values_list("public_id", flat=True)[:BATCH])


def expired(*, at: datetime) -> list[str]:
    """Return the public ids of unused vouchers that are over at `at` and go back by themselves (X2)."""
    rows = Voucher.objects.filter(
        state=Voucher.State.ISSUED, valid_until_at__lte=at, line__offer__refund_policy=Deal.RefundPolicy.ANY_TIME
    )
    return list(rows.order_by("valid_until_at", "pk").values_list("public_id", flat=True)[:BATCH])
