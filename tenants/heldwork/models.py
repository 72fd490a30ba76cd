"""Tasks that their mall did not take. Lives in `public`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class HeldTask(models.Model):
    """One task with its arguments, kept until its mall takes it or somebody drops it."""

    class Reason(models.TextChoices):
        """The values are those of `tenants.isolation.tasks`."""

        UNKNOWN = "unknown", _("no such mall")
        CLOSED = "closed", _("closed")
        MAINTENANCE = "maintenance", _("in maintenance")
        SUSPENDED = "suspended", _("suspended")

    schema_name = models.CharField(max_length=63)
    task = models.CharField(max_length=120)
    arguments = models.JSONField()
    # SHA-256 of the arguments as JSON with sorted keys.
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    first_held_at = models.DateTimeField()
    held_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name", "task", "digest"], name="held_task_once"),
        ]

    def __str__(self) -> str:
        return f"{self.task} of {self.schema_name}"
