"""What the last look into each mall found. Lives in `public`."""

from django.db import models

from tenants.registry.models import Tenant


class MallHealth(models.Model):
    """One mall's outbox, as it was at `checked_at`."""

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="health")
    waiting_count = models.PositiveIntegerField(default=0)
    parked_count = models.PositiveIntegerField(default=0)
    oldest_waiting_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.waiting_count} waiting, {self.parked_count} parked"
