"""What the last look into each mall found, what the doctor said, and the pulses of beat. Lives in `public`."""

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


class Pulse(models.Model):
    """When work that beat sent into a queue was last done there."""

    queue = models.CharField(max_length=60, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.queue} {self.seen_at:%H:%M:%S}"


class Examination(models.Model):
    """One run of the doctor's: a line for each guard (`findings.Finding` as JSON), and how many of them failed."""

    examined_at = models.DateTimeField(unique=True)
    by = models.CharField(max_length=120)
    took_ms = models.PositiveIntegerField()
    failed_count = models.PositiveIntegerField()
    unknown_count = models.PositiveIntegerField()
    findings = models.JSONField()

    def __str__(self) -> str:
        return f"{self.examined_at:%Y-%m-%d %H:%M}: {self.failed_count} failed"
