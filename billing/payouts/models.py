"""How often a merchant is paid, and the payouts that reached the bank. Lives in `public`."""

from datetime import date, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PayoutTerms(models.Model):
    """
    How often a mall is settled, on the merchant's word, and how many days an earning waits after its redemption.

    While stopped, by a person of the agency with a reason, nothing is sent; what is earned stays available. The account at Stripe is
    the gateway's to know.
    """

    class Schedule(models.TextChoices):
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every Monday")
        MONTHLY = "monthly", _("On the first of each month")

    tenant_schema = models.CharField(max_length=63, unique=True)
    schedule = models.CharField(max_length=12, choices=Schedule.choices, default=Schedule.WEEKLY)
    hold_days = models.PositiveSmallIntegerField(default=7)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=160, blank=True, db_default="", default="")
    stopped_reason = models.CharField(max_length=300, blank=True, db_default="", default="")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(hold_days__lte=90), name="payout_hold_within_a_quarter"),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | ~Q(stopped_reason=""), name="payouts_stopped_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_schema}: {self.schedule}"

    def last_due(self, day: date) -> date:
        """Return the latest day up to `day` on which this mall is settled."""
        if self.schedule == self.Schedule.MONTHLY:
            return day.replace(day=1)
        if self.schedule == self.Schedule.WEEKLY:
            return day - timedelta(days=day.weekday())
        return day

    def next_due(self, day: date) -> date:
        """Return the first day after `day` on which this mall is settled."""
        if self.schedule == self.Schedule.MONTHLY:
            return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        if self.schedule == self.Schedule.WEEKLY:
            return day + timedelta(days=7 - day.weekday())
        return day + timedelta(days=1)

    def is_due(self, settled: date | None, day: date) -> bool:
        """Tell whether the schedule's latest day up to `day` has not been settled yet; a day that was missed is made good."""
        return settled is None or settled < self.last_due(day)


class Payout(models.Model):
    """Money on its way from a merchant's account at Stripe to the bank, as Stripe tells of it. It may come back after "paid" (M15)."""

    class State(models.TextChoices):
        IN_TRANSIT = "in_transit", _("On its way")
        PAID = "paid", pgettext_lazy("payout", "Paid")
        FAILED = "failed", _("Failed")
        RETURNED = "returned", _("Sent back by the bank")

    payout_id = models.CharField(max_length=120, unique=True)
    tenant_schema = models.CharField(max_length=63, db_index=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=State.choices, default=State.IN_TRANSIT)
    detail = models.CharField(max_length=300, blank=True)
    arrives_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_amount_is_positive")]

    def __str__(self) -> str:
        return f"{self.payout_id} {self.state}"


class OwnerLetter(models.Model):
    """
    A letter to a mall's owner, by the key of what set it off: which process writes it since when, and when it went out.

    Names neither mall nor person.
    """

    key = models.CharField(max_length=26, unique=True)
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key
