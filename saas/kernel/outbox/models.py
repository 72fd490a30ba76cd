"""What happened in a mall, on its way to the platform. Written in the transaction of the act itself."""

from django.db import models
from django.db.models import Q

from saas.kernel.ids import public_id


class OutboxEvent(models.Model):
    """
    One fact. `event_id` is the key by which the platform applies it once; `subject` orders the facts of one thing.

    `payload` is JSON and complete: who applies it never comes back to ask the mall.
    """

    event_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    payload = models.JSONField()
    happened_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    parked_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="outbox_waiting", condition=Q(sent_at__isnull=True, parked_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
