"""What malls told of refunds that do not get through. Lives in `public`; nothing personal."""

from django.db import models
from django.db.models import Q

from storefront.refunds.models import Refund


class HeldRefund(models.Model):
    """A mall's refund that Stripe refused or that failed at the bank, as it stood at `told_at`; `public_id` is the refund's in its mall."""

    tenant_schema = models.CharField(max_length=63)
    public_id = models.CharField(max_length=26, unique=True)
    order_number = models.CharField(max_length=40)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=Refund.State.choices)
    detail = models.CharField(max_length=300, blank=True)
    held_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["held_at"], name="held_refund_open", condition=Q(solved_at__isnull=True)),
            models.Index(fields=["tenant_schema"], name="held_refund_by_mall"),
        ]

    def __str__(self) -> str:
        return self.public_id
