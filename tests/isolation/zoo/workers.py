"""A real Celery worker over real Valkey, on a database of its own: started, sent to, and asked what its bodies saw."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import celery
import psycopg
import redis

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60.0


@dataclass
class Worker:
    """A running worker: `database` is its database as superuser, `header` names the header that carries the schema."""

    process: subprocess.Popen[bytes]
    sender: celery.Celery
    queue: str
    header: str
    database: str
    log: Path

    def send(self, task: str, schema: str | None, **kwargs: Any) -> str:
        """Send a message as anything that can reach the broker may; return the run under which its bodies tell."""
        run = kwargs.setdefault("run", uuid4().hex)
        headers = {} if schema is None else {self.header: schema}
        self.sender.send_task(task, kwargs=kwargs, headers=headers, queue=self.queue)
        return str(run)

    def seen(self, run: str, *, at_least: int = 0) -> list[dict[str, Any]]:
        """Return what the bodies of a run saw, once there are so many."""
        deadline = time.monotonic() + PATIENCE_S
        while len(found := self._valkey.lrange(self.queue + run, 0, -1)) < at_least:
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < deadline, f"only {len(found)} of {at_least}: {self.log.read_text()[-3000:]}"
            time.sleep(0.05)
        return [json.loads(line) for line in found]

    def catch_up(self, schema: str) -> None:
        """Wait until everything that was sent before has been taken: the worker takes one after the other."""
        self.seen(self.send("t6.where", schema), at_least=1)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement as superuser in the worker's database."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    @property
    def _valkey(self) -> "redis.Redis[str]":
        return redis.Redis.from_url(str(self.sender.conf.broker_url), decode_responses=True)


@contextmanager
def running(
    app: str, *, header: str, database: str, environment: dict[str, str], folder: Path, options: tuple[str, ...]
) -> Iterator[Worker]:
    """Start `celery -A app worker` with a queue of its own, and end it with what it left in Valkey."""
    queue = f"zoo-{uuid4().hex}-"
    broker = urlsplit(environment["REDIS_URL"]).geturl()
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", app, "worker", "-Q", queue, "-l", "warning"]
    command += ["--without-gossip", "--without-mingle", *options]
    log = folder / f"{queue}.log"
    sender = celery.Celery("sender", broker=broker, set_as_current=False)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment, "ZOO_QUEUE": queue}, stdout=out, stderr=out
        )
        worker = Worker(process, sender, queue, header, database, log)
        try:
            yield worker
        finally:
            process.terminate()
            process.wait(30)
            sender.close()
            valkey = worker._valkey
            if left := [*valkey.scan_iter(f"{queue}*"), *valkey.scan_iter(f"_kombu.binding.{queue}*")]:
                valkey.delete(*left)
