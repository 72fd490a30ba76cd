"""Exports of malls, and restores from them. Lives in `public`."""

from django.db import models

from tenants.longwork.models import LongWork
from tenants.registry.models import Tenant


class MallExport(LongWork):
    """A mall written into one archive on the media storage, under the mall's own prefix; removed at `expires_at`."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="exports")
    key = models.CharField(max_length=200, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    taken_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(state__in=["waiting", "running"]), name="export_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_there(self) -> bool:
        """Whether its archive can be downloaded or restored."""
        return self.state == self.State.DONE and self.removed_at is None


class MallRestore(LongWork):
    """
    A new mall made from an archive. `key` is the archive on the storage, under the prefix of `key_schema`.

    `mode` is decided when the archive has been read: a mall that moved goes on, a copy sells nothing that was sold before.
    """

    class Mode(models.TextChoices):
        MOVED = "moved", "Moved"
        COPY = "copy", "Copy"

    key_schema = models.CharField(max_length=63)
    key = models.CharField(max_length=200)
    file_name = models.CharField(max_length=200)
    slug = models.CharField(max_length=40)
    # Why an erased mall may come back; kept in the register of erasures.
    override_reason = models.CharField(max_length=200, blank=True)
    mode = models.CharField(max_length=8, choices=Mode.choices, blank=True)
    origin_schema = models.CharField(max_length=63, blank=True)
    origin_name = models.CharField(max_length=120, blank=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.SET_NULL, null=True, related_name="restores")

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.file_name} → {self.slug}"
