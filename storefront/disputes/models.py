"""Payments that a shopper's bank took back, and what was answered."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id
from storefront.orders.models import Order


class Dispute(models.Model):
    """
    One dispute of one payment. `taken_minor` is what the bank took, `given_back_minor` what it gave back, `fee_minor` what it cost.

    `evidence` holds the texts of the draft by Stripe's field names, and the id of their PDF at Stripe once they go; `version` counts
    its saves. `submitting_at` is set before the evidence goes: from then on it may be with the bank. `lost_vouchers` are those that a
    lost dispute closed, as the books were told.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waits for evidence")
        SENT = "sent", _("With the bank")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        CLOSED = "closed", _("Closed")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    stripe_dispute = models.CharField(max_length=120, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="disputes")
    payment_reference = models.CharField(max_length=26)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    # The bank only asks; it has not taken the money.
    is_inquiry = models.BooleanField(default=False)
    reason = models.CharField(max_length=60)
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()
    answer_until_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    taken_minor = models.PositiveIntegerField(default=0)
    given_back_minor = models.PositiveIntegerField(default=0)
    fee_minor = models.IntegerField(default=0)
    lost_vouchers = models.JSONField(default=list)
    note = models.TextField(blank=True, max_length=4000)
    noted_by = models.CharField(max_length=160, blank=True)
    noted_at = models.DateTimeField(null=True)
    evidence = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    saved_by = models.CharField(max_length=160, blank=True)
    saved_at = models.DateTimeField(null=True)
    submitting_at = models.DateTimeField(null=True)
    submitted_by = models.CharField(max_length=160, blank=True)
    submitted_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(fields=["checked_at"], name="dispute_to_look_at", condition=Q(state__in=["open", "sent"]))
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(given_back_minor__lte=models.F("taken_minor")), name="dispute_gives_back_what_was_taken"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "sent"]) | Q(closed_at__isnull=False), name="dispute_closed_is_dated"
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_dispute

    @property
    def is_open(self) -> bool:
        """Whether the bank has not decided."""
        return self.state in (self.State.OPEN, self.State.SENT)

    @property
    def holds(self) -> bool:
        """Whether what was sold for the payment is frozen."""
        return self.is_open and not self.is_inquiry

    def is_late(self, *, at: datetime) -> bool:
        """Tell whether the bank takes no evidence any more at `at`; its deadline is exclusive."""
        return self.answer_until_at is not None and at >= self.answer_until_at
