"""What all processes counted, in one hash in Valkey: added to, taken, forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from redis import Redis

from saas.kernel.ids import public_id

# One hash for all malls, of the platform; `visits` is known to the guard over keys.
KEY, TAKEN = "visits:public:1:counted", "visits:public:1:taken"


_BATCH = "batch"
# Each is one step at the server, whoever else takes and forgets.
_TAKE = """
if redis.call('exists', KEYS[2]) == 0 then
  if redis.call('exists', KEYS[1]) == 0 then return {} end
  redis.call('rename', KEYS[1], KEYS[2])
end
redis.call('hsetnx', KEYS[2], 'batch', ARGV[1])
return redis.call('hgetall', KEYS[2])
"""
_FORGET = "if redis.call('hget', KEYS[1], 'batch') == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@dataclass(frozen=True)
class Looked:
    """What was counted at one host in the quarter of an hour that begins at `since_at`."""

    host: str
    since_at: datetime
    views: int
    visits: int


@dataclass(frozen=True)
class Batch:
    """What was taken together, under a name of its own; "" where nothing was counted."""

    name: str
    looked: list[Looked]


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


def take() -> Batch:
    """
    Return what was counted since `forget`; until that is called it returns the same batch again, to whoever asks, so that nothing is lost.

    :raises RedisError: the server does not answer
    """
    with _client(patience_s=5.0) as client:
        flat: Any = client.eval(_TAKE, 2, KEY, TAKEN, public_id())
    found = {name.decode(): value.decode() for name, value in zip(flat[::2], flat[1::2], strict=True)}
    batch = found.pop(_BATCH, "")
    looked = [
        _looked(line, int(views), int(found.get(f"{line}|visit", 0)))
        for line, views in found.items()
        if not line.endswith("|visit")
    ]
    return Batch(batch, looked)


def _looked(line: str, views: int, visits: int) -> Looked:
    quarter, _bar, host = line.partition("|")
    return Looked(host, datetime.fromtimestamp(int(quarter) * 900, UTC), views, visits)


def forget(batch: str) -> None:
    """
    Forget the batch that `take` returned; it is kept elsewhere now. A later one, which another process has taken since, stays.

    :raises RedisError: the server does not answer
    """
    with _client(patience_s=5.0) as client:
        client.eval(_FORGET, 1, TAKEN, batch)
