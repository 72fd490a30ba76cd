"""What malls told of payments that a bank took back. Lives in `public`; nothing personal."""

from django.db import models
from django.db.models import Q

from storefront.disputes.models import Dispute


class Case(models.Model):
    """A mall's dispute as it stood at `told_at`. `public_id` is the dispute's in its mall."""

    tenant_schema = models.CharField(max_length=63)
    public_id = models.CharField(max_length=26, unique=True)
    stripe_dispute = models.CharField(max_length=120, unique=True)
    order_public_id = models.CharField(max_length=26)
    order_number = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=Dispute.State.choices)
    is_inquiry = models.BooleanField()
    reason = models.CharField(max_length=60)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_minor = models.IntegerField()
    merchant_minor = models.BigIntegerField()
    is_saved = models.BooleanField()
    has_note = models.BooleanField()
    opened_at = models.DateTimeField()
    answer_until_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["answer_until_at"], name="case_by_deadline", condition=Q(state__in=["open", "sent"])),
            models.Index(fields=["tenant_schema"], name="case_by_mall"),
        ]

    def __str__(self) -> str:
        return self.stripe_dispute
