"""What the agency does for malls: templates, plans that make tasks, tasks with their evidence, absences. Lives in `public`."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.packages.models import Module
from saas.audit import phrases
from saas.kernel.actors import Actor
from saas.kernel.ids import public_id
from tenants.registry.models import Tenant

from .cadence import Policy
from .clauses import Clause, from_json


class TaskTemplate(models.Model):
    """What a module promises: the fields of a `clauses.Clause`. A retired one goes into no new contract."""

    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="task_templates")
    key = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    rrule = models.CharField(max_length=200, blank=True)
    at = models.TimeField()
    due_hours = models.PositiveIntegerField(default=9)
    grace_hours = models.PositiveIntegerField(default=24)
    holidays = models.CharField(max_length=8, choices=Policy.choices, default=Policy.KEEP)
    minutes = models.PositiveIntegerField(default=30)
    checklist = models.JSONField(default=list, blank=True)
    evidence = models.JSONField(default=list, blank=True)
    permissions = models.JSONField(default=list, blank=True)
    figures = models.JSONField(default=list, blank=True)
    credit_minor = models.PositiveIntegerField(default=0)
    needs_merchant = models.BooleanField(default=False)
    place = models.CharField(max_length=200, default="/manage/")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["module__name", "title"]

    def __str__(self) -> str:
        return self.title


class Plan(models.Model):
    """
    A clause of a signed version at work: it makes a task for each day of its cadence from `starts_on` to before `ends_on`.

    `clause` is what was signed, frozen. Tasks exist for every day before `generated_until`. An amendment that leaves a clause's rule as it
    was keeps its rhythm, which is counted from `counted_from` (null: `starts_on`).
    """

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="work_plans")
    contract = models.CharField(max_length=26)
    version = models.PositiveIntegerField()
    number = models.CharField(max_length=12)
    clause = models.JSONField()
    time_zone = models.CharField(max_length=64)
    region = models.CharField(max_length=2, blank=True)
    starts_on = models.DateField()
    counted_from = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    generated_until = models.DateField()
    # The database refuses to delete who works. Django must not look: in a mall this table does not exist.
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "version", "number"], name="plan_once_for_a_clause"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="plan_ends_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["generated_until"], name="plan_by_horizon"),
            models.Index(fields=["contract"], name="plan_by_contract"),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.number}: {self.terms.title}"

    @property
    def terms(self) -> Clause:
        """What was promised."""
        return from_json(self.clause)


class Task(models.Model):
    """
    One piece of work for one mall, on the day `occurs_on` of the mall's calendar.

    It opens at `opens_at`, is late after `due_at`, and lost after `lapses_at`. `covers_for` is whose task it was when another does it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To do")
        DOING = "doing", _("In hand")
        WAITING = "waiting", _("Waiting for the merchant")
        DONE = "done", _("Done")
        MISSED = "missed", _("Missed")
        EXCUSED = "excused", _("Excused")
        CANCELLED = "cancelled", _("Cancelled")

    STANDING = (State.OPEN, State.DOING, State.WAITING)

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="tasks")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="work_tasks")
    contract = models.CharField(max_length=26, blank=True)
    clause = models.CharField(max_length=12, blank=True)
    template = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=120)
    occurs_on = models.DateField()
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lapses_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, related_name="+")
    covers_for = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, related_name="+")
    checked = models.JSONField(default=list)
    minutes_planned = models.PositiveIntegerField(default=0)
    minutes_spent = models.PositiveIntegerField(null=True)
    note = models.TextField(blank=True)
    # Why it waits, is excused or was cancelled.
    reason = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    waiting_since_at = models.DateTimeField(null=True)
    # When the merchant was written to about the question that it waits with, or is written to by another slice.
    merchant_told_at = models.DateTimeField(null=True)
    # The question is whether it may be left out, though the contract gives something back for it: only a yes excuses it.
    asks_to_leave_out = models.BooleanField(default=False, db_default=False)
    # How long it waited for answers that came, of questions put in time: pairs of instants (ISO 8601).
    waits = models.JSONField(default=list, db_default=[])
    agreed_at = models.DateTimeField(null=True)
    agreed_by = models.CharField(max_length=160, blank=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "occurs_on"], name="task_once_a_day_for_a_plan"),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("opens_at"), lapses_at__gte=F("due_at")), name="task_opens_is_due_lapses"
            ),
            models.CheckConstraint(condition=Q(state="done") ^ Q(done_at=None), name="task_done_at_an_instant"),
        ]
        indexes = [
            models.Index(
                fields=["assignee", "due_at"],
                name="task_standing_by_person",
                condition=Q(state__in=["open", "doing", "waiting"]),
            ),
            models.Index(
                fields=["lapses_at"], name="task_standing_by_lapse", condition=Q(state__in=["open", "doing", "waiting"])
            ),
            models.Index(fields=["tenant", "due_at"], name="task_by_mall"),
            models.Index(fields=["contract", "occurs_on"], name="task_by_contract"),
            models.Index(fields=["assignee", "done_at"], name="task_done_by_person", condition=Q(state="done")),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.occurs_on}"

    @property
    def terms(self) -> Clause:
        """What was promised; of a task without a plan only its title."""
        if self.plan:
            return self.plan.terms
        return Clause(
            number="", module="", module_name="", template=self.template, title=self.title, minutes=self.minutes_planned
        )

    @property
    def zone(self) -> str:
        """The time zone that its instants are read in."""
        return self.plan.time_zone if self.plan else str(self.tenant.time_zone)

    @property
    def is_standing(self) -> bool:
        """Whether it is still to be done."""
        return self.state in self.STANDING

    @property
    def was_late(self) -> bool:
        """Whether it was done, but after it was due."""
        return self.done_at is not None and self.done_at > self.due_at

    @property
    def ask_until(self) -> datetime:
        """Until when, exclusive, a question leaves the merchant time for an answer: before half of the time until it is due is over."""
        return self.opens_at + (self.due_at - self.opens_at) / 2

    @property
    def is_asked_in_time(self) -> bool:
        """Whether it waits with a question that excuses it if nobody answers."""
        is_asked = self.state == self.State.WAITING and not self.asks_to_leave_out
        return is_asked and self.waiting_since_at is not None and self.waiting_since_at < self.ask_until

    def is_late(self, *, at: datetime) -> bool:
        """Tell whether it is still to be done and was due before `at`."""
        return self.is_standing and self.due_at <= at


class Evidence(models.Model):
    """
    What shows that a task was done: a picture (a file in the mall's own storage), a link, a text, a figure, or an entry of the mall's
    own trail as it stood when it was chosen. `is_late`: it came after the task was due.
    """

    class Kind(models.TextChoices):
        PICTURE = "picture", _("Picture")
        LINK = "link", _("Link")
        TEXT = "text", _("Text")
        FIGURE = "figure", _("Figure")
        TRAIL = "trail", _("The mall's own trail")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.TextField(blank=True)
    url = models.URLField(max_length=500, blank=True)
    figure = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    trail = models.JSONField(null=True)
    file_key = models.CharField(max_length=300, blank=True)
    content_type = models.CharField(max_length=60, blank=True)
    size_bytes = models.PositiveIntegerField(default=0)
    is_late = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=160)

    class Meta:
        ordering = ["added_at", "pk"]
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.task_id}"

    @property
    def trail_sentence(self) -> str:
        """What the entry of the mall's own trail says, in the active language; "" without one."""
        return phrases.read(self.trail, str(self.trail.get("summary", ""))) if self.trail else ""


class Absence(models.Model):
    """A person is away from `starts_on` to before `ends_on` (null: has left); `cover` does the work, null while nobody is named."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    cover = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    noted_by = models.CharField(max_length=160)
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="absence_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(person=F("cover")), name="absence_is_covered_by_another"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} from {self.starts_on}"


class Pause(models.Model):
    """
    A time in which nothing can be missed in a mall: the merchant paused the mandate, or sales were stopped.

    What it leaves too little time for is excused (`pausing.excusing`). `contract` is "" for all of a mall's.
    """

    class Cause(models.TextChoices):
        MERCHANT = "merchant", _("The merchant has paused the work")
        SUSPENDED = "suspended", _("The mall was suspended")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="work_pauses")
    contract = models.CharField(max_length=26, blank=True)
    cause = models.CharField(max_length=10, choices=Cause.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    by_name = models.CharField(max_length=160)

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract", "cause"], condition=Q(ends_at=None), name="pause_one_open_of_a_cause"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="pause_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} from {self.starts_at:%Y-%m-%d}"


class BulkAct(models.Model):
    """One act on tasks of one kind in many malls, asked for by one person."""

    class Verb(models.TextChoices):
        FINISH = "finish", _("Finish with one text")
        ASSIGN = "assign", _("Give to somebody")
        EXCUSE = "excuse", _("Excuse")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    verb = models.CharField(max_length=8, choices=Verb.choices)
    title = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    minutes = models.PositiveIntegerField(default=0)
    # Lines of checklists, word for word, that were done in each mall.
    ticked = models.JSONField(default=list, db_default=[], blank=True)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, related_name="+")
    by_kind = models.CharField(max_length=12)
    by_id = models.CharField(max_length=26, blank=True)
    by_name = models.CharField(max_length=160)
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.title}"

    @property
    def by(self) -> Actor:
        """Who asked for it."""
        return Actor(kind=self.by_kind, name=self.by_name, public_id=self.by_id)


class BulkResult(models.Model):
    """What became of one task of an act; `problem` says why it was not done."""

    act = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="results")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["act", "task"], name="bulk_once_for_a_task")]

    def __str__(self) -> str:
        return f"{self.act_id}: {self.task_id}"
