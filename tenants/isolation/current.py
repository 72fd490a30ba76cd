"""The mall that this code runs in."""

from saas.kernel.database import connection
from tenants.registry.models import Tenant


class NotInMall(RuntimeError):
    """This code belongs into a mall and ran elsewhere."""


def mall() -> Tenant:
    """
    Return the current mall's tenant: name, currency, time zone, addresses. Costs no query.

    :raises NotInMall: on the platform
    """
    if not isinstance(connection.tenant, Tenant):
        raise NotInMall(f"{connection.schema_name} is no mall")
    return connection.tenant
