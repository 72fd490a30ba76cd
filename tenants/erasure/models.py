"""The register of erasures. Lives in `public`; it names no person of the mall."""

from django.db import models

from saas.kernel.actors import Actor
from tenants.longwork.models import LongWork
from tenants.registry.models import Tenant

# Kinds of actors.
OF_THE_AGENCY = ("agency", "platform", "system")


class Erasure(LongWork):
    """
    A mall that is to be erased at `due_at`, or was. Waiting it can be cancelled until then.

    Due it waits on while the mall owes its shoppers something, unless somebody has said at `moves_at` that it moves with what it
    owes: its archive, which has to be newer than the last sale and use, is to be restored (ADR 0008).

    `by_name` is emptied when the mall is erased: kind and public id say who it was. `counts`: rows by table, files, bytes.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="erasures")
    schema_name = models.CharField(max_length=63)
    due_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    # Suspended by the request, so that cancelling lets it sell again.
    stopped_sales = models.BooleanField(default=False)
    counts = models.JSONField(default=dict)
    moves_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=~models.Q(state__in=["cancelled", "failed"]), name="erasure_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.state}"

    @property
    def is_by_agency(self) -> bool:
        """Whether the agency asked for it, in the console or at the command line."""
        return self.by_kind in OF_THE_AGENCY

    def may_cancel(self, *, by: Actor) -> bool:
        """
        Tell whether it has not begun, and this person may take it back: what the agency asked for, only the agency. Due, it may be
        taken back as long as something keeps it waiting.
        """
        is_free = not self.is_by_agency or by.kind in OF_THE_AGENCY
        return self.state == self.State.WAITING and self.tenant.status != Tenant.Status.CLOSED and is_free


class EndedPerson(models.Model):
    """
    A shopper who ended their account in a mall, by public id; an archive from before brings nobody back (I12). A copy of a mall has
    people of the same ids, whose accounts end each for itself.
    """

    person = models.CharField(max_length=26)
    schema_name = models.CharField(max_length=63)
    ended_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "schema_name"], name="ended_once_in_a_mall")]

    def __str__(self) -> str:
        return self.person


class Override(models.Model):
    """An erased mall that was brought back from an archive all the same: why, and by whom."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="overrides")
    reason = models.CharField(max_length=200)
    by_kind = models.CharField(max_length=12)
    by_id = models.CharField(max_length=26, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.reason}"
