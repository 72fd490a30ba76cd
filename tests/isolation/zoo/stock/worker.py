"""
A real worker of the stock parts: tenant-schemas-celery as its documentation says, with a task that tells what it read.

`celery -A tests.isolation.zoo.stock.worker worker -B`.
"""

import json
import os

import django
import redis

django.setup()

from django.db import connection  # noqa: E402
from tenant_schemas_celery.app import CeleryApp  # noqa: E402

from tests.isolation.zoo.stock.models import Note  # noqa: E402

_valkey = redis.Redis.from_url(os.environ["ZOO_BROKER_URL"])
app = CeleryApp("stock-worker", broker=os.environ["ZOO_BROKER_URL"], set_as_current=True)
app.conf.update(
    task_default_queue=os.environ["ZOO_QUEUE"],
    worker_hijack_root_logger=False,
    beat_schedule={"every second": {"task": "t6.where", "schedule": 1.0, "kwargs": {"run": "beat"}}},
)


@app.task(name="t6.where")
def where(*, run: str, step: str = "") -> None:
    """Tell where the body runs and what it reads there."""
    seen = {"step": step, "schema": connection.schema_name, "read": Note.objects.get().text}
    _valkey.rpush(os.environ["ZOO_QUEUE"] + run, json.dumps(seen))
