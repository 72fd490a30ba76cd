"""`inside(mall)`: the only way of product code into a schema."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from saas.kernel.database import connection
from saas.kernel.errors import DomainError
from tenants.registry.models import Tenant


class MallUnknown(DomainError):
    """No mall has this schema."""

    code = "mall_unknown"
    message = _("There is no such mall.")


@contextmanager
def inside(mall: Tenant | str) -> Iterator[Tenant]:
    """
    Enter a mall by its tenant or its schema's name, and come back to where the code was.

    Safe in threads and when nested, because what it restores is kept on its own stack. Return plain data from the block:
    a lazy queryset would run outside.

    :raises MallUnknown: no tenant has the schema
    :raises TenantSwitchInTransaction: inside a transaction of another schema
    """
    previous = connection.tenant
    tenant = mall if isinstance(mall, Tenant) else find(mall)
    connection.set_tenant(tenant)
    try:
        yield tenant
    finally:
        _return_to(previous)


@contextmanager
def on_platform() -> Iterator[None]:
    """Enter the platform's schema and come back."""
    previous = connection.tenant
    connection.set_schema_to_public()
    try:
        yield
    finally:
        _return_to(previous)


def find(schema: str) -> Tenant:
    """
    Return the tenant of a schema.

    :raises MallUnknown: there is none
    """
    with on_platform():
        tenant = Tenant.objects.filter(schema_name=schema).exclude(schema_name=settings.PUBLIC_SCHEMA_NAME).first()
    if tenant is None:
        raise MallUnknown(schema=schema)
    return tenant


def _return_to(tenant: object) -> None:
    # A block that failed may leave its transaction open on its way out; the switch back would then hide its error.
    connection.set_tenant(tenant)
