"""A merchant's statement of a month. Lives in `public`; what it says is frozen by the database, only its state moves."""

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from saas.kernel.ids import public_id


class Statement(models.Model):
    """
    What stood between merchant and platform at the end of a month of the mall's calendar, and what made it so.

    Balances say what the merchant has coming: pending + available + on its way to the bank − owed. Bookings within
    [starts_at, ends_at) are its lines, and those of before that no statement had.
    """

    class State(models.TextChoices):
        ISSUED = "issued", _("Waiting for your yes")
        QUESTION = "question", _("A question is open")
        CONFIRMED = "confirmed", _("Confirmed")
        PAID = "paid", pgettext_lazy("statement", "Paid")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant_schema = models.CharField(max_length=63)
    currency = models.CharField(max_length=3)
    first_day = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opening_minor = models.BigIntegerField()
    closing_minor = models.BigIntegerField()
    # What the closing balance is made of.
    pending_minor = models.BigIntegerField()
    available_minor = models.BigIntegerField()
    in_transit_minor = models.BigIntegerField()
    owed_minor = models.BigIntegerField()
    lines_count = models.PositiveIntegerField()
    issued_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.ISSUED)
    confirmed_by = models.CharField(max_length=160, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    paid_by = models.CharField(max_length=160, blank=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-first_day", "-pk"]
        indexes = [models.Index(fields=["state", "first_day"], name="statement_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["tenant_schema", "currency", "first_day"], name="statement_once_a_month"),
            models.CheckConstraint(
                condition=Q(
                    closing_minor=F("pending_minor") + F("available_minor") + F("in_transit_minor") - F("owed_minor")
                ),
                name="statement_closes_at_its_parts",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "paid"]) | Q(confirmed_at__isnull=False),
                name="statement_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False) | (~Q(state="paid") & Q(paid_at__isnull=True)),
                name="statement_paid_at_an_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_schema} {self.first_day:%Y-%m}"

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return (self.first_day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


class StatementLine(models.Model):
    """
    One entry of the books, by its key: `gross_minor` less commission, tax and agency's share is `net_minor`, which moves the balance.

    All are signed: what is taken back has the opposite sign of what was given.
    """

    class Kind(models.TextChoices):
        EARNED = "earned", _("Vouchers used")
        UNDONE = "undone", _("Redemptions undone")
        REFUND = "refund", _("Used vouchers refunded")
        DISPUTE = "dispute", _("Disputes")
        PACKAGE = "package", _("Service packages, kept from earnings or given back")
        PAYOUT = "payout", _("Paid to your bank")
        PAYOUT_RETURNED = "payout_returned", _("Sent back by your bank")
        OTHER = "other", _("Other corrections")

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    journal_id = models.CharField(max_length=26)
    order_public_id = models.CharField(max_length=26, blank=True)
    order_number = models.CharField(max_length=40, blank=True)
    voucher_public_id = models.CharField(max_length=26, blank=True)
    title = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    gross_minor = models.BigIntegerField()
    commission_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    agency_minor = models.BigIntegerField(default=0)
    net_minor = models.BigIntegerField()
    happened_at = models.DateTimeField()
    booked_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "number"], name="statement_line_numbered"),
            models.CheckConstraint(
                condition=Q(net_minor=F("gross_minor") - F("commission_minor") - F("tax_minor") - F("agency_minor")),
                name="statement_line_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.net_minor}"


class Remark(models.Model):
    """What merchant and finance said to each other about a statement. Only added."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("Question")
        ANSWER = "answer", _("Answer")

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="remarks")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text = models.CharField(max_length=1000)
    by = models.CharField(max_length=160)
    said_at = models.DateTimeField()

    class Meta:
        ordering = ["said_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="statement_remark_says_something")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text[:40]}"
