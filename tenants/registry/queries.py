"""Reads of the registry. All of them run on the platform's schema."""

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


def public_ids(schemas: set[str]) -> dict[str, str]:
    """Return the public ids of the malls of some schemas, by schema; a schema that is gone is left out."""
    return dict(Tenant.objects.filter(schema_name__in=schemas).values_list("schema_name", "public_id"))
