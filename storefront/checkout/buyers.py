"""Who does not buy here: the agency's people, in a mall that it hosts (R3). On a visit the gate refuses them; here they are guests."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError
from tenants.isolation import current
from tenants.isolation.entrance import on_platform


class OwnMall(DomainError):
    """Who buys works for the agency that hosts the mall."""

    code = "own_mall"
    message = _(
        "You work for the agency that runs this mall for its merchant. Its people do not buy here. Nothing was held or charged."
    )


def refuse_agency(*, emails: Iterable[str], phones: Iterable[str], now: datetime) -> None:
    """
    Refuse the agency's people by the addresses that they give or have an account with. Asks the platform. Never inside a transaction.

    An address of which nobody knows whose it is says nothing: that is as far as a mall can tell.

    :raises OwnMall: one of the addresses is of somebody who works for the agency, and the mall is hosted
    """
    wanted = {bare for email in emails if email for bare in (email.lower(), _bare(email.lower()))}
    schema = current.mall().schema_name
    with on_platform():
        is_own = import_string(settings.AGENCY_BUYERS)(
            schema=schema, emails=sorted(wanted), phones=sorted({phone for phone in phones if phone}), now=now
        )
    if is_own:
        raise OwnMall


def _bare(email: str) -> str:
    """Return an address without what its owner may put behind a plus."""
    name, _at, host = email.partition("@")
    return f"{name.partition('+')[0]}@{host}"
