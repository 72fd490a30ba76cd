"""What all processes counted, in one hash in Valkey: added to, taken, forgotten."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from redis import Redis
from redis.exceptions import ResponseError

# One hash for all malls, of the platform; `visits` is known to the guard over keys.
KEY, TAKEN = "visits:public:1:counted", "visits:public:1:taken"


@dataclass(frozen=True)
class Looked:
    """What was counted at one host in the quarter of an hour that begins at `since_at`."""

    host: str
    since_at: datetime
    views: int
    visits: int


def _client(*, patience_s: float) -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=patience_s, socket_connect_timeout=patience_s)


def add(counts: Mapping[str, int]) -> None:
    """
    Add to what everybody counted, in one round trip. Gives up soon: a request waits for it.

    :raises RedisError: the server does not answer
    """
    with _client(patience_s=0.5) as client, client.pipeline(transaction=False) as pipe:
        for line, count in counts.items():
            pipe.hincrby(KEY, line, count)
        pipe.execute()


def take() -> list[Looked]:
    """
    Return what was counted since `forget`; until that is called it returns the same again, so that nothing is lost.

    :raises RedisError: the server does not answer
    """
    with _client(patience_s=5.0) as client:
        with suppress(ResponseError):  # nothing was counted
            client.renamenx(KEY, TAKEN)
        found = {line.decode(): int(count) for line, count in client.hgetall(TAKEN).items()}
    return [
        _looked(line, views, found.get(f"{line}|visit", 0))
        for line, views in found.items()
        if not line.endswith("|visit")
    ]


def _looked(line: str, views: int, visits: int) -> Looked:
    quarter, _bar, host = line.partition("|")
    return Looked(host, datetime.fromtimestamp(int(quarter) * 900, UTC), views, visits)


def forget() -> None:
    """
    Forget what `take` returned; it is kept elsewhere now.

    :raises RedisError: the server does not answer
    """
    with _client(patience_s=5.0) as client:
        client.delete(TAKEN)
