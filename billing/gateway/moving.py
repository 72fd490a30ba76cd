"""What Stripe's side knows of a mall that moved, or that was erased."""

from collections.abc import Sequence

from django.db.models import F

from .models import ConnectedAccount, Outgoing, PaymentReference, StripeEvent


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Lead Stripe's news about payments of before the move into the new schema. Repeated it changes nothing."""
    PaymentReference.objects.filter(tenant_schema__in=from_schemas).update(tenant_schema=to_schema)
    asked = Outgoing.objects.filter(tenant_schema__in=from_schemas)
    asked.filter(first_schema="").update(first_schema=F("tenant_schema"))
    asked.update(tenant_schema=to_schema)
    ConnectedAccount.objects.filter(tenant_schema__in=from_schemas).update(tenant_schema=to_schema)


def forget(*, schema_name: str) -> None:
    """Empty the bodies of Stripe's events about an erased mall, which name shoppers; that they arrived stays known."""
    StripeEvent.objects.filter(tenant_schema=schema_name).update(payload={"erased": True}, detail="")
