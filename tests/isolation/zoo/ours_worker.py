"""
The product's Celery application with tasks that tell where their body ran: what a real worker of the zoo runs.

`celery -A tests.isolation.zoo.ours_worker worker`, with `ours_worker_settings`. What a body saw goes to a list in Valkey.
"""

import json
import os
import threading
import time
from typing import Any

import celery
import redis
from django.conf import settings

from saas.kernel.tasks import enqueue, task
from saas.project.celery import app  # noqa: F401  what `celery -A` looks for

_valkey = redis.Redis.from_url(settings.REDIS_URL)


def tell(run: str, step: str) -> None:
    """Note in which schema, as whom and among which people SQL runs now."""
    from django.db import connection

    from saas.accounts.models import User

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_user")
        schema, role = cursor.fetchone()
    emails = sorted(User.objects.values_list("email", flat=True))
    seen = {"step": step, "schema": schema, "role": role, "people": emails, "thread": threading.get_ident()}
    _valkey.rpush(os.environ["ZOO_QUEUE"] + run, json.dumps(seen))


@task("t6.where")
def where(*, run: str, step: str = "", rest_s: float = 0.0, **_later: Any) -> None:
    """Tell where the body runs, at its start and after a rest."""
    tell(run, step)
    if rest_s:
        time.sleep(rest_s)
        tell(run, step)


@task("t6.beats")
def beats(**_later: Any) -> None:
    """Be started by beat for every mall."""
    tell("beat", "malls")


@task("t6.sells", while_suspended=False)
def sells(*, run: str, **_later: Any) -> None:
    """Stand for work that puts things on sale."""
    tell(run, "sells")


@task("t6.stumbles", bind=True, max_retries=3)
def stumbles(self: Any, *, run: str, **_later: Any) -> None:
    """Fail three times; Celery sends the message again each time."""
    tell(run, f"try {self.request.retries}")
    if self.request.retries < 3:
        raise self.retry(countdown=0)


@celery.shared_task(name="t6.part", ignore_result=False)
def part(*, run: str, step: str) -> str:
    """Be one part of a chord, whose body waits for the results of all."""
    tell(run, step)
    return step


@task("t6.spreads")
def spreads(*, run: str, shape: str, **_later: Any) -> None:
    """Send a chain, a chord or a group in Celery's own ways, which name no schema; or work by our own."""
    links = [part.si(run=run, step=f"{shape} {number}") for number in range(3)]
    last = part.si(run=run, step=f"{shape} last")
    if shape == "chain":
        celery.chain(*links, last).apply_async()
    elif shape == "chord":
        celery.chord(links)(last)
    elif shape == "group":
        celery.group(links).apply_async()
    elif shape == "link":
        part.apply_async(kwargs={"run": run, "step": "link 0"}, link=last)
    else:
        enqueue("t6.where", run=run, step=shape)


@task("t6.nests")
def nests(*, run: str, within: str, **_later: Any) -> None:
    """Run another mall's task in the middle of this one, as a worker never does."""
    from saas.kernel.tasks import SCHEMA_HEADER

    tell(run, "before")
    where.apply(kwargs={"run": run, "step": "within"}, headers={SCHEMA_HEADER: within})
    tell(run, "after")
