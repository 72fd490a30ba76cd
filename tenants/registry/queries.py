"""Reads of the registry. All of them run on the platform's schema."""

from datetime import datetime

from django.db.models import Q

from . import directory
from .models import Tenant


def tenant_at(host: str) -> Tenant | None:
    """Return the tenant whose domain is `host` (lower case, no port), or None. At most `REGISTRY_POLL_S` old."""
    return directory.here.tenant_at(host)


def primary_domain(tenant: Tenant) -> str:
    """Return the host at which the mall is shown."""
    return str(tenant.domains.get(is_primary=True).domain)


def served_schemas() -> list[str]:
    """Return the schema names of all malls in use, oldest first."""
    return list(Tenant.objects.served().order_by("pk").values_list("schema_name", flat=True))


def former_schemas(schema: str) -> set[str]:
    """Return the schemas that a mall had before it moved (ADR 0008); a copy and a mall that never moved have none."""
    tenant = Tenant.objects.filter(schema_name=schema).first()
    if tenant is None:
        return set()
    of_realm = Q(schema_name=tenant.realm) | Q(code_realm=tenant.realm)
    family = Tenant.objects.filter(of_realm, status=Tenant.Status.CLOSED)
    return set(family.exclude(schema_name=schema).values_list("schema_name", flat=True))


def opened_at(schema: str) -> datetime:
    """Return when a mall was opened; one that was restored, when that was done."""
    tenant = Tenant.objects.get(schema_name=schema)
    since: datetime = tenant.opened_at or tenant.created_at
    return since


def public_ids(schemas: set[str]) -> dict[str, str]:
    """Return the public ids of the malls of some schemas, by schema; a schema that is gone is left out."""
    return dict(Tenant.objects.filter(schema_name__in=schemas).values_list("schema_name", "public_id"))
