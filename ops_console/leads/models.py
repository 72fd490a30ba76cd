"""Businesses on their way to being hosted, who decides there, and what was said. Lives in `public`."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id
from tenants.registry.models import Tenant, Trade


class Lead(models.Model):
    """
    One business in the pipeline, with a next step and its day. `tenant` is its mall, once it has one.

    Sent, signed and leaving follow the contract (`operations.follow_contract`); the other stages are a person's.
    """

    class Stage(models.TextChoices):
        LEAD = "lead", _("Lead")
        VISITED = "visited", _("Visited")
        QUOTED = "quoted", _("Quoted")
        SENT = "sent", _("Contract sent")
        SIGNED = "signed", _("Signed")
        ONBOARDING = "onboarding", _("Onboarding")
        LIVE = "live", _("Live")
        LEAVING = "leaving", _("Leaving")
        LOST = "lost", _("Lost")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    name = models.CharField(max_length=120)
    trade = models.CharField(max_length=20, choices=Trade.choices)
    place = models.CharField(max_length=160, blank=True)
    source = models.CharField(max_length=80, blank=True)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.LEAD)
    stage_since_at = models.DateTimeField()
    lost_reason = models.CharField(max_length=300, blank=True)
    # What the business would pay each month, as far as one knows.
    worth_minor = models.PositiveIntegerField(null=True)
    currency = models.CharField(max_length=3, default="usd")
    next_step = models.CharField(max_length=200, blank=True)
    next_step_date = models.DateField(null=True)
    # The database refuses to delete an owner. Django must not look: in a mall this table does not exist.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="owned_leads", null=True
    )
    tenant = models.OneToOneField(Tenant, on_delete=models.PROTECT, related_name="lead", null=True)
    # The contract whose state the stage followed last.
    contract = models.CharField(max_length=26, blank=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(stage="lost") | ~Q(lost_reason=""), name="lead_lost_for_a_reason"),
            models.CheckConstraint(
                condition=Q(next_step="", next_step_date=None) | (~Q(next_step="") & Q(next_step_date__isnull=False)),
                name="lead_next_step_has_its_day",
            ),
        ]
        indexes = [models.Index(fields=["stage", "next_step_date"], name="lead_by_stage_and_step")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        """Tell whether the lead was lost."""
        return self.stage == self.Stage.LOST

    def is_overdue(self, *, today: date) -> bool:
        """Tell whether the next step should have been done before `today`."""
        return self.next_step_date is not None and self.next_step_date < today


class Contact(models.Model):
    """A person at a business, with the part that they have in its decision."""

    class Role(models.TextChoices):
        DECIDES = "decides", _("Decides")
        INFLUENCES = "influences", _("Has a say")
        PAYS = "pays", _("Pays")
        RUNS = "runs", _("Runs the shop")
        DOOR = "door", _("Front desk")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, choices=Role.choices)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_role_display()})"


class Entry(models.Model):
    """What happened with a lead: a visit, a call, a note, a move. Never changed."""

    class Kind(models.TextChoices):
        VISIT = "visit", _("Visit")
        CALL = "call", _("Call")
        NOTE = "note", _("Note")
        STEP = "step", _("Step done")
        MOVE = "move", _("Moved")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    happened_on = models.DateField()
    met = models.CharField(max_length=120, blank=True)
    text = models.TextField(max_length=2000, blank=True)
    by_name = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"
