"""What hosting brought and what it missed: credits, days of visitors, issued reports. Lives in `public`."""

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from saas.kernel.ids import public_id
from tenants.registry.models import Tenant

# Why a credit stands on no invoice yet, where that ends by itself.
NOT_BEGUN = gettext_noop("The next package has not begun.")
NO_ROOM = gettext_noop("The next invoice has no room for it: it comes off the one after.")


class CreditLine(models.Model):
    """
    What one missed task gives back, minor units. It becomes a line of the merchant's next invoice (`words` stands on it) by itself;
    where no invoice will follow it lowers one that is open, or is paid into what the mall has earned.

    `problem` says why it does not yet. `attempt` counts the invoices that were taken back with it. `held` was taken off what waits at
    Stripe and cannot be given back yet; two persons may settle it by hand: one says how (`proposed_by`), another that it is so.
    """

    class State(models.TextChoices):
        DUE = "due", _("Waits for an invoice")
        BILLED = "billed", _("On the next invoice")
        INVOICED = "invoiced", _("Credited")
        PAID = "paid", _("Given back after the end")
        HELD = "held", _("Taken off, not given back yet")
        SETTLED = "settled", _("Settled by hand")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="credit_lines")
    contract = models.CharField(max_length=26)
    clause = models.CharField(max_length=12)
    task = models.CharField(max_length=26, unique=True)
    title = models.CharField(max_length=120)
    occurs_on = models.DateField()
    amount_minor = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    words = models.CharField(max_length=300, blank=True)
    problem = models.CharField(max_length=200, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0, db_default=0)
    subscription = models.CharField(max_length=26, blank=True)
    stripe_item = models.CharField(max_length=60, blank=True)
    invoice = models.CharField(max_length=26, blank=True)
    invoice_number = models.CharField(max_length=60, blank=True)
    made_at = models.DateTimeField()
    billed_at = models.DateTimeField(null=True)
    invoiced_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_why = models.CharField(max_length=200, blank=True, default="", db_default="")
    settled_by = models.CharField(max_length=160, blank=True, default="", db_default="")
    settled_by_id = models.CharField(max_length=26, blank=True, default="", db_default="")
    proposed_at = models.DateTimeField(null=True)
    proposed_by = models.CharField(max_length=160, blank=True, default="", db_default="")
    proposed_by_id = models.CharField(max_length=26, blank=True, default="", db_default="")

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="credit_is_more_than_nothing"),
            models.CheckConstraint(
                condition=Q(state__in=["due", "paid", "settled"]) | (~Q(stripe_item="") & Q(billed_at__isnull=False)),
                name="credit_billed_has_its_item",
            ),
            models.CheckConstraint(
                condition=Q(settled_by_id="") | ~Q(settled_by_id=F("proposed_by_id")),
                name="credit_settled_by_another_person",
            ),
        ]
        indexes = [
            models.Index(fields=["state"], name="credit_open", condition=~Q(state="invoiced")),
            models.Index(fields=["contract", "occurs_on"], name="credit_by_contract"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.occurs_on}: {self.amount_minor} {self.currency}"

    @property
    def is_held_up(self) -> bool:
        """Whether it is not given, and waiting alone does not help."""
        is_open = self.state in (self.State.DUE, self.State.HELD)
        return is_open and self.problem not in ("", NOT_BEGUN, NO_ROOM)

    @property
    def is_proposed(self) -> bool:
        """Whether somebody has said how it was settled, and a second person has not answered."""
        return self.is_held_up and self.proposed_at is not None


class MallDay(models.Model):
    """What a mall's public pages were looked at on one day of its calendar: `views`, and `visits` that came from elsewhere."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    views = models.PositiveIntegerField(default=0)
    visits = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="mall_day_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id}, {self.day}"


class KeptBatch(models.Model):
    """A batch of counted visits that stands in the days; the same one, taken twice, is added once. Forgotten after a month."""

    batch = models.CharField(max_length=26, unique=True)
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.batch


class Report(models.Model):
    """
    A week or month of hosting as it was told to the merchant: the days `starts_on` to before `ends_on` of the mall's calendar.

    `content` is all that stands on it (see `making`). The database refuses to change it: what is learnt later stands in the next one.
    """

    class Kind(models.TextChoices):
        WEEKLY = "weekly", _("Week")
        MONTHLY = "monthly", _("Month")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="hosting_reports")
    contract = models.CharField(max_length=26)
    contract_title = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    starts_on = models.DateField()
    ends_on = models.DateField()
    time_zone = models.CharField(max_length=64)
    language = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    content = models.JSONField()
    issued_at = models.DateTimeField()
    # When a process began to mail it, so that no other does at once.
    mail_claimed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    # When somebody of the merchant's people first opened it.
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-starts_on", "kind", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "kind", "starts_on"], name="report_once_for_a_time"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="report_ends_after_start"),
        ]
        indexes = [models.Index(fields=["tenant", "starts_on"], name="report_by_mall")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} from {self.starts_on}"

    @property
    def last_day(self) -> date:
        """The last day that it tells of."""
        return self.ends_on - timedelta(days=1)
