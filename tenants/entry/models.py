"""How a person comes from the platform into a mall: by a single-use ticket; and the agency's visits. Lives in every mall."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from saas.audit import phrases
from saas.kernel.ids import public_id


class AgencyVisit(models.Model):
    """
    A stay of one person of the agency in this mall: why, from when, until when at the latest. Every request in it is logged.

    `public_id` is the one of the platform's own row, by which both sides speak of the same visit.
    """

    public_id = models.CharField(max_length=26, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="visits")
    person_name = models.CharField(max_length=160)
    reason = models.CharField(max_length=300)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # By right of which contract, for which task, and what it gave at the beginning: key of `mandated.KEYS` -> numbers of clauses.
    # What counts is what the platform says at each request (`standing`).
    contract = models.CharField(max_length=26, blank=True, default="", db_default="")
    task = models.CharField(max_length=26, blank=True, default="", db_default="")
    permissions = models.JSONField(default=dict, db_default={})

    # What the platform says of it in this request, set by the middleware; None without a contract.
    permissions_now: dict[str, str] | None = None
    # By which of the merchant's invitation's keys this request writes; None where it writes by none.
    invited_now: frozenset[str] | None = None

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.reason}"

    def is_open(self, *, at: datetime) -> bool:
        """Tell whether the visit lasts at `at`; its end is exclusive."""
        return self.ended_at is None and at < self.ends_at


class Ticket(models.Model):
    """A way in, once, within minutes. Only the hash of the token is stored."""

    class Purpose(models.TextChoices):
        SIGN_UP = "sign_up", _("After sign-up")
        AGENCY_VISIT = "agency_visit", _("Agency visit")

    token_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    visit = models.ForeignKey(AgencyVisit, on_delete=models.CASCADE, null=True, related_name="tickets")
    next_path = models.CharField(max_length=200, default="/manage/")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.person_id}"


def answer_until(asked_at: datetime) -> datetime:
    """Return until when, exclusive, a question for a second yes can be answered."""
    return asked_at + timedelta(days=settings.SECOND_YES_DAYS)


class Approval(models.Model):
    """
    What the agency may do above its mandate's limit once a second person of the agency, or the merchant, has said yes (A4).

    `amount` is minor units for a refund and percent for a price cut. `act` is what was asked for, frozen: the yes carries it out, once.
    Where there is none, the yes is good for that much of that thing, once, for a day.
    """

    class Kind(models.TextChoices):
        REFUND = "refund", _("Refund")
        PRICE_CUT = "price_cut", _("Price cut")

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a second person")
        APPROVED = "approved", _("Agreed")
        DECLINED = "declined", _("Declined")
        USED = "used", _("Done")
        LAPSED = "lapsed", _("Lapsed: nobody answered")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    amount = models.PositiveBigIntegerField()
    act = models.JSONField(default=dict, db_default={})
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    asked_by = models.CharField(max_length=160)
    asked_by_id = models.CharField(max_length=26)
    clause = models.CharField(max_length=120)
    task = models.CharField(max_length=26, blank=True)
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=160, blank=True)
    decided_by_id = models.CharField(max_length=26, blank=True)
    decided_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "asked_by_id"],
                condition=models.Q(state="open"),
                name="approval_asked_once",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by_id="") | ~models.Q(decided_by_id=models.F("asked_by_id")),
                name="approval_by_another_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.label}"

    @property
    def sentence(self) -> str:
        """What was asked for, in the active language; as it was written where it is in none."""
        return phrases.read(self.act, self.label)

    @property
    def answer_until(self) -> datetime:
        """Until when, exclusive, it can be answered."""
        return answer_until(self.asked_at)


class SupportInvitation(models.Model):
    """
    Until when the merchant of a mall without a contract lets the agency's support change things, and which (A1). The newest row counts.
    `permissions` are `keys`, of `mandated.KEYS`, and `until`, an instant; or keys alone, then `until_at` is the end. See `support`.
    """

    invited_by = models.CharField(max_length=160)
    invited_at = models.DateTimeField()
    until_at = models.DateTimeField()
    permissions = models.JSONField(default=list, db_default=[])

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.invited_by} until {self.until_at:%Y-%m-%d}"
