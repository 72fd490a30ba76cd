"""Wishes for the money of a voucher, and how far the money is."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id
from storefront.vouchers.models import Voucher

# How the name of a payment begins that stands in the place of Stripe's refund: the money went back another way. See `elsewhere`.
ELSEWHERE = "elsewhere-"


class Refund(models.Model):
    """
    The money of one voucher on its way back. `redemption` is the public id of the use that it takes back, empty for an unused one.

    `asked` waits for the merchant until `decide_until_at`. What Stripe would not do is `refused`; what came back to us after it had
    been sent is `failed`: both wait for a person. `tries` counts what was sent again, each under a key of its own. Paid another way,
    `stripe_refund` begins with `ELSEWHERE` and `detail` says how.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waits for the shop")
        DECLINED = "declined", _("Declined")
        SENDING = "sending", _("Being sent")
        PENDING = "pending", _("With the bank")
        BACK = "back", _("Paid back")
        REFUSED = "refused", _("Refused by the payment service")
        FAILED = "failed", _("Failed at the bank")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="refunds")
    redemption = models.CharField(max_length=26, blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200)
    asked_by = models.CharField(max_length=160)
    asked_at = models.DateTimeField()
    decide_until_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=160, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True)
    tries = models.PositiveIntegerField(default=0)
    stripe_refund = models.CharField(max_length=64, blank=True, db_index=True)
    detail = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    back_at = models.DateTimeField(null=True)
    # Whether the unit went back on sale; a refund that fails and is sent again gives it back once.
    is_unit_returned = models.BooleanField(default=False)
    # On which day of the mall's calendar it counts against what the agency may give back on a day without a second yes.
    counts_on = models.DateField(null=True, editable=False)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["decide_until_at"], name="refund_to_decide", condition=Q(state="asked")),
            models.Index(fields=["state", "checked_at"], name="refund_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["voucher"], condition=~Q(state="declined"), name="refund_once_for_a_voucher"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_is_positive"),
            models.CheckConstraint(
                condition=~Q(state="back") | Q(back_at__isnull=False) & ~Q(stripe_refund=""),
                name="refund_back_is_dated",
            ),
            models.CheckConstraint(
                condition=~Q(state="asked") | Q(decide_until_at__isnull=False), name="refund_asked_has_a_deadline"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def key(self) -> str:
        """Our name for it at Stripe; each time it is sent anew has its own."""
        return self.family + (f":{self.tries}" if self.tries else "")

    @property
    def is_elsewhere(self) -> bool:
        """Whether it was paid another way than the shopper paid."""
        return self.stripe_refund.startswith(ELSEWHERE)

    @property
    def family(self) -> str:
        """What all its tries share: a voucher's money goes back once."""
        return f"voucher:{self.voucher.public_id}"
