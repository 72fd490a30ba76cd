"""Which events of malls the platform has applied. Lives in `public`."""

from django.db import models


class AppliedEvent(models.Model):
    """An event of a mall's outbox, applied. The unique id is what makes a second delivery do nothing."""

    event_id = models.CharField(max_length=26, unique=True)
    schema_name = models.CharField(max_length=63)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    happened_at = models.DateTimeField()
    applied_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["schema_name", "-happened_at"], name="applied_by_mall")]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.kind} {self.subject}"
