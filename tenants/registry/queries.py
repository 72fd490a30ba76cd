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
