"""
`inside(mall)`: the only way of product code into a schema. SQL runs there as the mall's own database role.

`building(schema)` is for the code of `tenants` that makes, changes or drops a mall's tables, and for nobody else.
"""

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
    tenant = mall if isinstance(mall, Tenant) else find(mall)
    with _at(tenant, as_owner=False):
        yield tenant


@contextmanager
def building(mall: Tenant | str) -> Iterator[None]:
    """
    Enter a schema as the owner of its tables, to make or change them. The schema need not belong to a mall yet.

    :raises TenantSwitchInTransaction: inside a transaction of another schema
    """
    with _at(mall if isinstance(mall, Tenant) else Tenant(schema_name=mall), as_owner=True):
        yield


@contextmanager
def on_platform() -> Iterator[None]:
    """Enter the platform's schema and come back."""
    before = connection.tenant, connection.as_owner
    connection.set_schema_to_public()
    connection.as_owner = False
    try:
        yield
    finally:
        _return_to(*before)


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


@contextmanager
def _at(tenant: Tenant, *, as_owner: bool) -> Iterator[None]:
    before = connection.tenant, connection.as_owner
    connection.set_tenant(tenant)
    connection.as_owner = as_owner
    try:
        yield
    finally:
        _return_to(*before)


def _return_to(tenant: object, as_owner: bool) -> None:
    # A block that failed may leave its transaction open on its way out; the switch back would then hide its error.
    connection.as_owner = as_owner
    connection.set_tenant(tenant)
