"""How often one client may try to buy, over all malls together (A4): a stolen list of cards is tried out in shops that do not count."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from saas.kernel import rates
from saas.kernel.errors import DomainError


class TooManyTries(DomainError):
    """The client's tries of this hour are used up. Nothing was held, nothing was charged."""

    code = "too_many_tries"
    message = _(
        "From your connection there were too many tries to pay. Please wait an hour, or use another connection. Nothing was charged."
    )


def spend(address: str) -> None:
    """
    Count one try of a client, by its address; of IPv6 by its network, of which one client has as many addresses as it likes.

    :raises TooManyTries: more than `settings.CHECKOUTS_PER_HOUR`
    """
    if not rates.spend("checkout", _client(address), rate=f"{settings.CHECKOUTS_PER_HOUR}/hour", everywhere=True):
        raise TooManyTries


def _client(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(int(found) >> 64)
    return str(found)
