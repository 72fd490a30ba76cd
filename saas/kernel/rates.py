"""
Limits on how often something may be tried, counted in Redis or Valkey for all web processes together.

A count belongs to the schema that runs, unless it is `everywhere`: then one person is counted over all malls at once, which
is what keeps somebody from going round the malls to send a thousand text messages to one number.
"""

import hashlib
import logging
from functools import cache

from django.conf import settings
from limits import parse
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from .database import connection

logger = logging.getLogger(__name__)


@cache
def _counter() -> FixedWindowRateLimiter:
    prefix = f"limits{settings.CACHES['default']['KEY_PREFIX']}"
    return FixedWindowRateLimiter(RedisStorage(settings.REDIS_URL, key_prefix=prefix, wrap_exceptions=True))


def spend(name: str, key: str, *, rate: str, everywhere: bool = False) -> bool:
    """
    Count one try and tell whether it is within the rate ("10/hour", "5 per 2 minutes").

    `key` is who or what is counted; only its hash is stored. Without the counter's server the try is allowed and logged.
    """
    place = "*" if everywhere else connection.schema_name
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    try:
        return bool(_counter().hit(parse(rate), name, place, digest))
    except StorageError:
        logger.exception("a try of %s could not be counted", name)
        return True


def forget(name: str, key: str, *, rate: str, everywhere: bool = False) -> None:
    """Set the count back, after the person has proved to be the right one."""
    place = "*" if everywhere else connection.schema_name
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    try:
        _counter().clear(parse(rate), name, place, digest)
    except StorageError:
        logger.exception("the count of %s could not be set back", name)
