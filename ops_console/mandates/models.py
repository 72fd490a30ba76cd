"""The permission to act in a mall. Lives in `public`; the mall holds its own copy of a visit."""

from datetime import datetime

from django.conf import settings
from django.db import models

from saas.kernel.ids import public_id
from tenants.registry.models import Tenant


class Visit(models.Model):
    """A stay of one person of the agency in one mall, with a reason and an end."""

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    # The database refuses to delete a visitor. Django must not look: in a mall this table does not exist.
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="mall_visits")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="visits")
    reason = models.CharField(max_length=300)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=160, blank=True)
    requests_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("started_at")), name="visit_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.tenant_id}: {self.reason}"

    def is_open(self, *, at: datetime) -> bool:
        """Tell whether the visit lasts at `at`; its end is exclusive."""
        return self.ended_at is None and at < self.ends_at
