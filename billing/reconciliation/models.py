"""What Stripe moved in our pot, and where the sides do not agree. Lives in `public`."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from saas.kernel.ids import public_id


class Movement(models.Model):
    """
    A balance transaction at Stripe, as it was read: `amount_minor` is signed, `fee_minor` was taken off it.

    `source_kind` and `source_id` name what it is in our words: charge (our payment reference), refund, transfer, reversal, dispute, other.
    """

    movement_id = models.CharField(max_length=120, unique=True)
    stripe_type = models.CharField(max_length=60)
    source_kind = models.CharField(max_length=24)
    source_id = models.CharField(max_length=120)
    tenant_schema = models.CharField(max_length=63, blank=True)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    moved_at = models.DateTimeField(db_index=True)
    read_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["source_kind", "source_id"], name="movement_by_source")]

    def __str__(self) -> str:
        return f"{self.movement_id} {self.stripe_type}"


class Break(models.Model):
    """
    One disagreement, found once. It closes by itself when the sides agree again, or by a person's explanation.

    `expected_minor` is what the first side says, `found_minor` what the second one does; null where a side has nothing.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("difference", "Open")
        EXPLAINED = "explained", _("Explained")
        RESOLVED = "resolved", _("Agrees again")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    tenant_schema = models.CharField(max_length=63, blank=True)
    expected_minor = models.BigIntegerField(null=True)
    found_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    owner_name = models.CharField(max_length=160, blank=True)
    owner_id = models.CharField(max_length=26, blank=True)
    explanation = models.CharField(max_length=500, blank=True)
    # The journal of the books that settled it, where one did.
    journal_id = models.CharField(max_length=26, blank=True, db_default="", default="")
    closed_by = models.CharField(max_length=160, blank=True)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-found_at", "-pk"]
        indexes = [models.Index(fields=["state", "-found_at"], name="break_open")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], condition=Q(state="open"), name="break_open_once"),
            models.CheckConstraint(
                condition=~Q(state="explained") | ~Q(explanation=""), name="break_explained_in_words"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


# A check that has not reported for so long was interrupted.
QUIET = timedelta(minutes=10)


class Check(models.Model):
    """
    One reconciliation: when, over what, with how much compared, on whose word (empty: the clock's).

    `sums` holds by currency, in minor units: `stripe` the balance there, `moved` its movements less fees, `booked` what the books have
    item by item, `account` our cash account. None when Stripe was not read.
    """

    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=160, blank=True, db_default="", default="")
    progressed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    malls_total = models.PositiveIntegerField(db_default=0, default=0)
    sums = models.JSONField(null=True)
    compared = models.JSONField(default=dict)
    breaks_found = models.PositiveIntegerField(default=0)
    is_complete = models.BooleanField(default=False)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return str(self.started_at)

    def is_under_way(self, *, at: datetime) -> bool:
        """Tell whether it works at `at`, or waits for its turn; one that fell silent does not."""
        return self.ended_at is None and (self.progressed_at or self.started_at) > at - QUIET
