"""Quotes, contracts with their versions and signatures, and the hand-over at the end. Lives in `public`: a contract outlives its mall."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from billing.packages.models import Package, Subscription
from saas.kernel.ids import public_id
from tenants.registry.models import Tenant


class Quote(models.Model):
    """
    What a merchant would pay for what. `lines` are prices, frozen: [{price, module, kind, amount_minor, unit_name,
    intro_amount_minor, intro_months}], minor units of `currency`; `clauses` is what would be done (see ops_console.work.clauses).

    A quote may be for somebody who has no mall yet; then `lead` is that lead's public id.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        USED = "used", _("Became a contract")
        DROPPED = "dropped", _("Dropped")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, null=True, related_name="quotes")
    lead = models.CharField(max_length=26, blank=True)
    customer = models.CharField(max_length=120)
    title = models.CharField(max_length=80)
    language = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    # The package that was chosen from the catalogue; what was put together of modules has none.
    package = models.ForeignKey(Package, on_delete=models.PROTECT, null=True, related_name="+")
    lines = models.JSONField()
    clauses = models.JSONField(default=list)
    minimum_months = models.PositiveIntegerField()
    notice_days = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    created_by = models.CharField(max_length=160)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.title} for {self.customer}"


class Contract(models.Model):
    """
    Hosting of one mall: from `starts_on`, until the day before `ends_on`, days of the mall's time zone. What both sides signed
    stands in its versions; the newest signed one whose `effective_on` has come is in force.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Waiting for signatures")
        SIGNED = "signed", _("Signed, not begun")
        ACTIVE = "active", _("Active")
        ENDING = "ending", _("Ending")
        ENDED = "ended", _("Ended")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Never answered")

    class Side(models.TextChoices):
        MERCHANT = "merchant", _("The merchant")
        AGENCY = "agency", _("The agency")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="contracts")
    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, null=True, related_name="contracts")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    # The database refuses to delete the person. Django must not look: in a mall this table does not exist.
    account_manager = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="contracts")
    # To whom its tasks fall; the account manager where nobody is named.
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, related_name="+")
    title = models.CharField(max_length=80)
    language = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    pays_by = models.CharField(max_length=12, choices=Subscription.PaysBy.choices)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    minimum_months = models.PositiveIntegerField()
    notice_days = models.PositiveIntegerField()
    signed_at = models.DateTimeField(null=True)
    notice_at = models.DateTimeField(null=True)
    notice_by = models.CharField(max_length=160, blank=True)
    notice_side = models.CharField(max_length=10, choices=Side.choices, blank=True)
    ended_at = models.DateTimeField(null=True)
    is_for_cause = models.BooleanField(default=False)
    # Why it was declined, withdrawn or ended.
    reason = models.CharField(max_length=300, blank=True)
    created_by = models.CharField(max_length=160)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="contract_ends_after_start"
            ),
            # One that ends neither by a date nor by notice would never end.
            models.CheckConstraint(
                condition=Q(notice_days__lte=180) & (Q(notice_days__gt=0) | ~Q(ends_on=None)),
                name="contract_can_be_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ending", "ended"]) | ~Q(ends_on=None), name="contract_that_ends_has_an_end"
            ),
            models.UniqueConstraint(fields=["tenant"], condition=Q(state="sent"), name="contract_one_sent_to_a_mall"),
            ExclusionConstraint(
                name="contract_one_at_a_time_for_a_mall",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    (
                        Func("starts_on", "ends_on", function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state__in=["signed", "active", "ending"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        """Return the number that people say: "H-00042"."""
        return f"H-{self.pk:05d}"

    @property
    def minimum_until(self) -> date:
        """Return the first day on which it can be over by notice."""
        return self.starts_on + relativedelta(months=self.minimum_months)


class ContractVersion(models.Model):
    """
    One text of a contract: exact, generated, never changed once it is sent. Version 1 is the contract, each later one an amendment
    from `effective_on` on.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Waiting for signatures")
        SIGNED = "signed", _("Signed")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Never answered")

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    effective_on = models.DateField()
    clauses = models.JSONField(default=list)
    prices = models.JSONField()
    limits = models.JSONField(default=dict)
    # What an amendment changes, in the agency's words.
    note = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    text_hash = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)
    # The last day on which it can be signed.
    answer_until = models.DateField(null=True)
    reminded_at = models.DateTimeField(null=True)
    # When its day had come and its prices held.
    applied_at = models.DateTimeField(null=True)
    # When nothing of what an amendment costs once was left to bill.
    once_billed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    created_by = models.CharField(max_length=160)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="version_once_in_a_contract"),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state__in=["draft", "sent"]), name="version_one_open_in_a_contract"
            ),
            models.CheckConstraint(condition=Q(state="draft") | ~Q(text_hash=""), name="version_sent_has_its_text"),
        ]

    def __str__(self) -> str:
        return f"{self.contract}, version {self.number}"


class Signature(models.Model):
    """Who signed a version, when, from where, and the hash (SHA-256, hexadecimal) of the text that was read."""

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=10, choices=Contract.Side.choices)
    name = models.CharField(max_length=160)
    email = models.EmailField()
    person = models.CharField(max_length=26)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    signed_at = models.DateTimeField()
    text_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["signed_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["version", "side"], name="signature_once_for_each_side")]

    def __str__(self) -> str:
        return f"{self.name} for {self.side}"


class HandOverStep(models.Model):
    """One thing that is done when a contract ends. `key` names it in code; `title` is what people read."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="hand_over")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=30)
    title = models.CharField(max_length=200)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering = ["contract", "position"]
        constraints = [models.UniqueConstraint(fields=["contract", "key"], name="hand_over_step_once")]

    def __str__(self) -> str:
        return self.title
