"""What stands in Redis or Valkey beside the cache: names of keys, lengths of queues, the server's clock, the processes' figures."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

__all__ = ["RedisError", "add_to_counters", "backlog", "counters", "keys", "server_time"]
COUNTERS = "figures:public"


def _client(*, patience_s: float = 5.0) -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=patience_s, socket_connect_timeout=patience_s)


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


def add_to_counters(amounts: dict[str, float]) -> None:
    """
    Add to the figures that all processes share, in one round trip. Gives up soon: a request waits for it.

    :raises RedisError: the server does not answer
    """
    with _client(patience_s=0.5) as client, client.pipeline(transaction=False) as pipe:
        for field, amount in amounts.items():
            pipe.hincrbyfloat(COUNTERS, field, amount)
        pipe.execute()


def counters() -> dict[str, float]:
    """
    Return the figures that all processes share.

    :raises RedisError: the server does not answer
    """
    with _client() as client:
        found = client.hgetall(COUNTERS)
    return {field.decode(): float(amount) for field, amount in found.items()}
