"""Tries to pay, each with its page at Stripe."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id


class Payment(models.Model):
    """
    One try to pay an order through a hosted Checkout page. `reference` is our name for it at Stripe and the idempotency key;
    `order_public_id` names the order.
    """

    class State(models.TextChoices):
        OPENING = "opening", _("Opening")
        OPEN = "open", _("Open")
        PENDING = "pending", _("Waiting for the bank")
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")
        RETURNED = "returned", _("Returned")

    reference = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    order_public_id = models.CharField(max_length=26, db_index=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPENING)
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    session_id = models.CharField(max_length=120, blank=True)
    session_url = models.URLField(max_length=1000, blank=True)
    payment_intent_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.reference
