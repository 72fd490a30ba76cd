"""The columns of work that takes minutes. Lives in `public`."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from saas.kernel.actors import Actor
from saas.kernel.ids import public_id


class LongWork(models.Model):
    """One piece of work: asked for once, done by one process at a time, watched by people."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for its turn")
        RUNNING = "running", _("At work")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    UNDER_WAY = (State.WAITING, State.RUNNING)

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    by_kind = models.CharField(max_length=12)
    by_id = models.CharField(max_length=26, blank=True)
    by_name = models.CharField(max_length=160)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    progressed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    # How often it was begun; the number is the token of the lease.
    attempt = models.PositiveIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True)
    rows_done = models.PositiveBigIntegerField(default=0)
    rows_total = models.PositiveBigIntegerField(default=0)
    files_done = models.PositiveBigIntegerField(default=0)
    files_total = models.PositiveBigIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in self.UNDER_WAY

    @property
    def by(self) -> Actor:
        """Who asked for it."""
        return Actor(kind=self.by_kind, name=self.by_name, public_id=self.by_id)

    @property
    def share(self) -> float:
        """How much is done, 0 to 1; a file counts as much as a hundred rows."""
        total = self.rows_total + 100 * self.files_total
        return min(1.0, (self.rows_done + 100 * self.files_done) / total) if total else 0.0

    def remaining(self, *, at: datetime) -> timedelta | None:
        """Return how long the rest takes at the pace so far; None while that cannot be said."""
        if self.state != self.State.RUNNING or not self.started_at or self.share < 0.02:
            return None
        spent = at - self.started_at
        return spent / self.share - spent
