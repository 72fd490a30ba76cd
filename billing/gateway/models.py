"""What we said to Stripe and what it told us. Lives in `public`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentReference(models.Model):
    """Which mall and order a payment at Stripe belongs to. Written before the call; metadata only cross-checks it."""

    reference = models.CharField(max_length=26, unique=True)
    tenant_schema = models.CharField(max_length=63)
    order_public_id = models.CharField(max_length=26)
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    session_id = models.CharField(max_length=120, blank=True, db_index=True)
    payment_intent_id = models.CharField(max_length=120, blank=True, db_index=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference


class StripeEvent(models.Model):
    """An event as it arrived: stored once, answered at once, worked on later."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Nothing to do")
        FAILED = "failed", _("Failed")
        QUARANTINED = "quarantined", _("Quarantined")

    endpoint = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    payload = models.JSONField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    tries = models.PositiveIntegerField(default=0)
    detail = models.CharField(max_length=300, blank=True)
    tenant_schema = models.CharField(max_length=63, blank=True)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "event_id"], name="stripe_event_stored_once")]
        indexes = [models.Index(fields=["state", "received_at"], name="stripe_event_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
