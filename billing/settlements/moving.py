"""Settlements and payouts of a mall that moved to another schema. See ADR 0008."""

from collections.abc import Sequence

from billing.payouts.models import Payout, PayoutTerms

from .models import Charge, Earning, Settlement


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Let what is still to be settled follow the mall. Inside a transaction; repeated it changes nothing."""
    for model in (Charge, Earning, Settlement, Payout):
        model._default_manager.filter(tenant_schema__in=from_schemas).update(tenant_schema=to_schema)
    newest = PayoutTerms.objects.filter(tenant_schema__in=from_schemas).order_by("-changed_at").first()
    if newest is not None and not PayoutTerms.objects.filter(tenant_schema=to_schema).exists():
        PayoutTerms.objects.filter(pk=newest.pk).update(tenant_schema=to_schema)
