"""What stands in Redis or Valkey beside the cache: names of keys, lengths of queues, the server's clock. Reads only."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

__all__ = ["RedisError", "backlog", "keys", "server_time"]


def _client() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)


def keys(*, limit: int) -> Iterator[str]:
    """
    Yield the names of at most `limit` keys, in no order, without stopping the server (SCAN).

    :raises RedisError: the server does not answer
    """
    with _client() as client:
        for number, name in enumerate(client.scan_iter(count=1000)):
            if number >= limit:
                return
            yield name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else str(name)


def backlog(queue: str) -> int:
    """
    Return how many messages wait in a queue of Celery's.

    :raises RedisError: the server does not answer
    """
    with _client() as client:
        return int(client.llen(queue))


def server_time() -> datetime:
    """
    Return the server's own clock.

    :raises RedisError: the server does not answer
    """
    with _client() as client:
        seconds, microseconds = client.time()
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)
