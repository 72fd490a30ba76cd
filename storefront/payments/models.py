"""Tries to pay, each with its page at Stripe."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from saas.kernel.ids import public_id


class Payment(models.Model):
    """
    One try to pay an order through a hosted Checkout page. `reference` is our name for it at Stripe and the idempotency key;
    `order_public_id` names the order; `detail` says why money went back or does not fit.
    """

    class State(models.TextChoices):
        OPENING = "opening", pgettext_lazy("payment", "Opening")
        OPEN = "open", pgettext_lazy("payment", "Open")
        PENDING = "pending", _("Waiting for the bank")
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")
        RETURNING = "returning", _("Being paid back")
        RETURNED = "returned", _("Paid back")
        QUARANTINED = "quarantined", _("Does not fit, being looked at")

    reference = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    order_public_id = models.CharField(max_length=26, db_index=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPENING)
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    session_id = models.CharField(max_length=120, blank=True)
    session_url = models.URLField(max_length=1000, blank=True)
    payment_intent_id = models.CharField(max_length=120, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    # When the sweep last had Stripe asked what became of it.
    looked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="payment_live",
                condition=models.Q(state__in=["opening", "open", "pending", "returning"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payment_amount_is_positive"),
            models.UniqueConstraint(
                fields=["order_public_id"], condition=models.Q(state="paid"), name="payment_once_for_an_order"
            ),
        ]

    def __str__(self) -> str:
        return self.reference
