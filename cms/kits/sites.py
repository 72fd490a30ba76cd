"""Wagtail's site row of a mall: it follows the registry, and is read for addresses of previews, never to choose a mall (T8)."""

from django.conf import settings
from wagtail.models import Site

from tenants.registry.models import Tenant


def address_of(tenant: Tenant) -> tuple[str, int]:
    """Return the host and the port at which shoppers reach a mall."""
    port = int(settings.PUBLIC_PORT or (443 if settings.PUBLIC_SCHEME == "https" else 80))
    return tenant.primary_host or f"{tenant.slug}.{settings.BASE_DOMAIN}", port


def point(tenant: Tenant) -> None:
    """Write the row from the registry. Runs inside the mall; repeated it changes nothing."""
    host, port = address_of(tenant)
    Site.objects.update(hostname=host, port=port, site_name=tenant.name)
    Site.clear_site_root_paths_cache()


def misled(tenant: Tenant) -> str:
    """Return what the mall's site rows name instead of its address, "" when all is well. Runs inside the mall."""
    host, port = address_of(tenant)
    rows = list(Site.objects.order_by("pk").values_list("hostname", "port", "is_default_site"))
    return (
        ""
        if rows == [(host, port, True)]
        else ", ".join(f"{name}:{number}" for name, number, _is_default in rows) or "–"
    )
