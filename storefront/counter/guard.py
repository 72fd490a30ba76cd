"""
Limits on how often codes are tried, counted in Valkey.

Every try counts for the account. Wrong ones count four times: for the account and the mall under the mall's own key, for the
network address and for the whole platform under keys that all malls share, so that changing malls resets nothing (C42). Once
a shared count is full, only accounts that tried wrong codes themselves are stopped; a clerk next door goes on working. The
address is the connection's own unless the operator names trusted proxies: a header that a caller sends resets nothing (A1).
"""

import ipaddress
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from saas.kernel.errors import DomainError
from storefront.vouchers import queries as vouchers
from storefront.vouchers.refusals import UnknownCode
from tenants.isolation.current import mall

from .access import StaffRequest

logger = logging.getLogger(__name__)

_PLATFORM = "platform"


class TooManyTries(DomainError):
    """The person tried too often. Data: `wait_seconds` until the next try counts as new."""

    code = "too_many_tries"
    message = _("Too many tries.")

    def __init__(self, wait_seconds: int) -> None:
        text = ngettext(
            "Too many tries. Wait %(count)d second.", "Too many tries. Wait %(count)d seconds.", wait_seconds
        )
        super().__init__(text % {"count": wait_seconds}, wait_seconds=wait_seconds)


@dataclass(frozen=True)
class Limit:
    """At most `amount` in `minutes`, counted by `name`; `shared` counts over all malls."""

    name: str
    amount: int
    minutes: int
    shared: bool = False

    def item(self) -> RateLimitItem:
        """Return the limit as the library counts it; its key begins with the mall's schema, or says that it is shared."""
        scope = _PLATFORM if self.shared else mall().schema_name
        return RateLimitItemPerMinute(self.amount, self.minutes, namespace=f"{scope}:counter-{self.name}")


TRIES = Limit("tries", 60, 1)
FRAMES = Limit("frames", 180, 1)
WRONG_OF_ACCOUNT = (Limit("wrong", 10, 1), Limit("wrong", 40, 10))
WRONG_OF_MALL = Limit("wrong-mall", 200, 10)
WRONG_OF_ADDRESS = Limit("wrong-address", 100, 10, shared=True)
WRONG_EVERYWHERE = Limit("wrong-everywhere", 20_000, 10, shared=True)
# What an account may still try wrong while a count that it shares with others is full.
WRONG_WHILE_FULL = Limit("wrong-while-full", 3, 10)


@dataclass(frozen=True)
class Tryer:
    """Who tries: the account's public id and the network address, of IPv6 the /64 network."""

    account: str
    address: str


def tryer(request: StaffRequest) -> Tryer:
    """Return who tries in a request of signed-in staff."""
    return Tryer(account=request.user.public_id, address=_network(str(get_adapter().get_client_ip(request))))


@sensitive_variables("code")
def find(code: str, *, by: Tryer) -> str:
    """
    Return the public id of the voucher that a code names, and count the try.

    :raises TooManyTries: before anything is looked up, so that the answer tells nothing about the code
    :raises UnknownCode: no voucher of this mall has the code
    """
    admit(by)
    try:
        return vouchers.find(code)
    except UnknownCode:
        note_wrong(by)
        raise


def admit(by: Tryer) -> None:
    """
    Count a try.

    :raises TooManyTries: the account tried too often, or wrong too often
    """
    try:
        _hit(TRIES, by.account)
        for limit in WRONG_OF_ACCOUNT:
            _test(limit, by.account)
        if any(not _counter().test(limit.item(), key) for limit, key in _shared_counts(by)):
            _test(WRONG_WHILE_FULL, by.account)
    except StorageError:
        logger.warning("Valkey is away: tries at the counter are not limited")


def admit_frame(by: Tryer) -> None:
    """
    Count a picture from the camera.

    :raises TooManyTries: more than a camera sends
    """
    try:
        _hit(FRAMES, by.account)
    except StorageError:
        logger.warning("Valkey is away: frames at the counter are not limited")


def note_wrong(by: Tryer) -> None:
    """Count a wrong code."""
    own = [(limit, by.account) for limit in (*WRONG_OF_ACCOUNT, WRONG_WHILE_FULL)]
    try:
        for limit, key in (*own, *_shared_counts(by)):
            _counter().hit(limit.item(), key)
    except StorageError:
        logger.warning("Valkey is away: a wrong code at the counter was not counted")


def _shared_counts(by: Tryer) -> Iterator[tuple[Limit, str]]:
    yield WRONG_OF_MALL, "all"
    yield WRONG_OF_ADDRESS, by.address
    yield WRONG_EVERYWHERE, "all"


def _hit(limit: Limit, key: str) -> None:
    if not _counter().hit(limit.item(), key):
        _refuse(limit, key)


def _test(limit: Limit, key: str) -> None:
    if not _counter().test(limit.item(), key):
        _refuse(limit, key)


def _refuse(limit: Limit, key: str) -> None:
    reset_time = _counter().get_window_stats(limit.item(), key).reset_time
    raise TooManyTries(max(1, math.ceil(reset_time - time.time())))


def _network(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if ip.version == 6 else str(ip)


@cache
def _counter() -> SlidingWindowCounterRateLimiter:
    prefix = f"{settings.CACHES['default']['KEY_PREFIX']}-limits"
    storage = storage_from_string(
        settings.REDIS_URL, key_prefix=prefix, wrap_exceptions=True, socket_timeout=1, socket_connect_timeout=1
    )
    return SlidingWindowCounterRateLimiter(storage)
