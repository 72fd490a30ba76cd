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


class Outgoing(models.Model):
    """
    What we asked Stripe to make, written before the call. Without a `stripe_id` the outcome is unknown, or was a clear no.

    `key` is the idempotency key, from business ids; events about the thing find their mall by it. `first_schema` is the mall's schema
    under which it was asked for, where the mall has moved since.
    """

    class Kind(models.TextChoices):
        ACCOUNT = "account", _("Account")
        TRANSFER = "transfer", _("Transfer")
        REVERSAL = "reversal", _("Reversal")
        REFUND = "refund", _("Refund")
        CUSTOMER = "customer", _("Customer")
        SUBSCRIPTION = "subscription", _("Subscription")
        INVOICE_ITEM = "invoice_item", _("Invoice item")
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")
        SESSION = "session", _("Checkout")

    key = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    tenant_schema = models.CharField(max_length=63)
    first_schema = models.CharField(max_length=63, blank=True, default="", db_default="")
    fingerprint = models.CharField(max_length=64)
    stripe_id = models.CharField(max_length=120, blank=True)
    asked_at = models.DateTimeField()
    known_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]
        indexes = [
            models.Index(fields=["tenant_schema", "kind"], name="outgoing_of_mall"),
            models.Index(fields=["asked_at"], name="outgoing_unknown", condition=models.Q(stripe_id="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["stripe_id"], condition=~models.Q(stripe_id=""), name="outgoing_is_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ConnectedAccount(models.Model):
    """
    A mall's account at Stripe, as Stripe last told it. Events of an account find their mall by this row and by nothing else.

    `currently_due` and `errors` are what Stripe still wants: field names, and {code, reason, requirement}.
    """

    tenant_schema = models.CharField(max_length=63, unique=True)
    account_id = models.CharField(max_length=120, unique=True)
    can_receive = models.BooleanField(default=False)
    can_pay_out = models.BooleanField(default=False)
    details_submitted = models.BooleanField(default=False)
    currently_due = models.JSONField(default=list)
    errors = models.JSONField(default=list)
    # Until when Stripe wants it; then it stops transfers or payouts.
    deadline_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=120, blank=True)
    bank_last4 = models.CharField(max_length=4, blank=True)
    schedule = models.JSONField(default=dict)
    disconnected_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    read_at = models.DateTimeField()
    caught_up_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.account_id


class StripeEvent(models.Model):
    """An event as it arrived: stored once, answered at once, worked on later. `account_id` is the connected account's, if any."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Nothing to do")
        FAILED = "failed", _("Failed")
        QUARANTINED = "quarantined", _("Quarantined")
        CLOSED = "closed", _("Closed by a person")

    endpoint = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    account_id = models.CharField(max_length=120, blank=True, db_default="", default="")
    object_id = models.CharField(max_length=120, blank=True, db_default="", default="", db_index=True)
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
