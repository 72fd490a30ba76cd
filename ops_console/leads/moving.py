"""The lead of a mall that moved to another schema. See ADR 0008."""

from collections.abc import Sequence

from tenants.registry.models import Tenant

from .models import Lead


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Let the lead follow its mall. Inside a transaction; repeated it changes nothing."""
    there = Tenant.objects.filter(schema_name=to_schema).first()
    if there is None or Lead.objects.filter(tenant=there).exists():
        return
    lead = Lead.objects.filter(tenant__schema_name__in=from_schemas).order_by("-pk").first()
    if lead is not None:
        Lead.objects.filter(pk=lead.pk).update(tenant=there)
