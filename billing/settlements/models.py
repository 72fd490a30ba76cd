"""Who earned what from which charge, and how it is sent to the merchant. Lives in `public`; the books stay the truth of amounts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from saas.kernel.ids import public_id


class Charge(models.Model):
    """A shopper's payment that money is sent on from. Transfers name it as their source and never exceed it together."""

    reference = models.CharField(max_length=26, unique=True)
    tenant_schema = models.CharField(max_length=63)
    order_public_id = models.CharField(max_length=26)
    payment_intent_id = models.CharField(max_length=120, blank=True, db_index=True)
    # Stripe's id of the charge, read before the first transfer.
    charge_id = models.CharField(max_length=120, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    sent_minor = models.BigIntegerField(default=0)
    # Since when the shopper's bank has it in dispute: nothing earned from it is released or sent meanwhile (M9).
    disputed_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["tenant_schema", "order_public_id"], name="charge_by_order")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_minor__gte=0, sent_minor__lte=F("amount_minor")), name="charge_not_exceeded"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class SettlementRun(models.Model):
    """
    One day's settlements: proposed, approved by one person (by a second one above the limit), then sent.

    `cutoff_at` is exclusive: earnings that were released before it are in.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waiting for approval")
        SECOND = "second", _("Waiting for a second person")
        APPROVED = "approved", pgettext_lazy("money", "Being sent")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Not carried out")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    day = models.DateField(unique=True)
    cutoff_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    approved_by = models.CharField(max_length=160, blank=True)
    approved_by_id = models.CharField(max_length=26, blank=True)
    approved_at = models.DateTimeField(null=True)
    seconded_by = models.CharField(max_length=160, blank=True)
    seconded_by_id = models.CharField(max_length=26, blank=True)
    seconded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seconded_by_id="") | ~Q(seconded_by_id=F("approved_by_id")),
                name="settlement_run_seconded_by_another",
            ),
        ]

    def __str__(self) -> str:
        return str(self.day)


class Settlement(models.Model):
    """
    A mall's part of a run. `earned_minor` is what is claimed, `netted_minor` what the merchant owed us and is kept, the rest is sent.

    While proposed the figures are a preview; from the claim on they are fixed (M12).
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        SENDING = "sending", pgettext_lazy("money", "Being sent")
        SENT = "sent", pgettext_lazy("money", "Sent")
        REFUSED = "refused", _("Needs a person")
        EMPTY = "empty", _("Nothing to send")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    run = models.ForeignKey(SettlementRun, on_delete=models.PROTECT, related_name="settlements")
    tenant_schema = models.CharField(max_length=63)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    lines_count = models.PositiveIntegerField(default=0)
    earned_minor = models.BigIntegerField(default=0)
    netted_minor = models.BigIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "tenant_schema", "currency"], name="settlement_once_in_a_run"),
            models.CheckConstraint(
                condition=Q(netted_minor__gte=0, netted_minor__lte=F("earned_minor")),
                name="settlement_nets_at_most_earned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.tenant_schema}"

    @property
    def total_minor(self) -> int:
        """What is sent."""
        return self.earned_minor - self.netted_minor


class Earning(models.Model):
    """
    What a merchant earned with one redemption, net of all parts of others, and where it stands.

    Pending and released it is in the account of that name in the books; claimed it belongs to a settlement.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        RELEASED = "released", _("Available")
        CLAIMED = "claimed", _("In a settlement")
        TAKEN_BACK = "taken_back", _("Taken back")

    redemption = models.CharField(max_length=26, unique=True)
    tenant_schema = models.CharField(max_length=63)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="earnings")
    order_public_id = models.CharField(max_length=26)
    voucher_public_id = models.CharField(max_length=26)
    gross_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    # The part of the net that the platform adds for a discount that it bears: it is not in the charge.
    borne_minor = models.BigIntegerField(default=0, db_default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, null=True, related_name="earnings")
    earned_at = models.DateTimeField()
    releases_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    # Taken back, and still in the merchant's pending: the shopper's money has not gone yet, or came back to us.
    is_set_aside = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(fields=["releases_at"], name="earning_to_release", condition=Q(state="pending")),
            models.Index(
                fields=["tenant_schema", "released_at"], name="earning_to_claim", condition=Q(state="released")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(net_minor__gte=0, gross_minor__gte=F("net_minor")), name="earning_within_price"
            ),
            models.CheckConstraint(
                condition=Q(borne_minor__gte=0, borne_minor__lte=F("net_minor")), name="earning_borne_within_net"
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(settlement__isnull=False), name="earning_claimed_by_a_settlement"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.redemption} {self.net_minor} {self.currency}"


class Part(models.Model):
    """
    One transfer at Stripe: a settlement's money out of one charge, or, `is_borne`, out of the platform's own balance for discounts
    that it bears on that charge's order. `public_id` makes its idempotency key.

    `tried_at` is set before the call: from then on the outcome is unknown until Stripe has said yes or no. `waits_since` is set while
    the platform's own balance does not hold what it bears: planned still, and asked for again by itself.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        SENT = "sent", pgettext_lazy("money", "Sent")
        REFUSED = "refused", _("Refused by Stripe")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="parts")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="parts")
    amount_minor = models.BigIntegerField()
    is_borne = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    transfer_id = models.CharField(max_length=120, blank=True, db_index=True)
    detail = models.CharField(max_length=300, blank=True)
    # Counts the clear refusals: a request after one is another request.
    attempt = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    waits_since = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settlement", "charge", "is_borne"], name="part_once_for_a_source"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="part_amount_is_positive"),
            models.CheckConstraint(
                condition=~Q(state="sent") | ~Q(transfer_id=""), name="part_sent_names_its_transfer"
            ),
            models.UniqueConstraint(
                fields=["transfer_id"], condition=~Q(transfer_id=""), name="part_has_its_own_transfer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.state}"


class Recovery(models.Model):
    """
    What is brought back from the merchant's Stripe account of an earning that was sent and taken back: one reversal of one part.

    `planned` is written before Stripe is asked; refused (the account does not hold it) and none (nothing was sent, or nothing is
    left) stay owed by the merchant, to be netted from later earnings (M13).
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Being brought back")
        DONE = "done", _("Brought back")
        REFUSED = "refused", _("Refused by Stripe, owed")
        NONE = "none", _("Nothing to bring back, owed")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    earning = models.OneToOneField(Earning, on_delete=models.PROTECT, related_name="recovery")
    part = models.ForeignKey(Part, on_delete=models.PROTECT, null=True, related_name="recoveries")
    amount_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State.choices)
    reversal_id = models.CharField(max_length=120, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["begun_at"], name="recovery_unfinished", condition=Q(state="planned"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="none") | Q(amount_minor__gt=0, part__isnull=False), name="recovery_names_its_part"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(reversal_id=""), name="recovery_done_names_its_reversal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.state}"
