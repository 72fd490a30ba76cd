"""
The sandbox's clock, and what falls due by it.

A job is one row: a name, the id it is about, and when. A background thread runs jobs that are due, each in its own
transaction together with the removal of its row, so a job happens exactly once whatever is killed.
"""

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from billing.sandbox.errors import Json
from billing.sandbox.store import Store, Transaction

log = logging.getLogger(__name__)

Job = Callable[[Transaction, str, Json], None]
JOBS: dict[str, Job] = {}
TICK_SECONDS = 0.2
RETRY_SECONDS = 60


def job(name: str) -> Callable[[Job], Job]:
    """Register what a job of this name does, as `run(tx, target, detail)`."""

    def register(run: Job) -> Job:
        JOBS[name] = run
        return run

    return register


def schedule(tx: Transaction, name: str, target: str, *, due_at: float, **detail: Any) -> None:
    """Have a job run once the sandbox's clock reaches `due_at`."""
    detail["account"] = tx.account
    tx.run(
        "INSERT INTO jobs (due_at, name, target, detail) VALUES (?, ?, ?, ?)", due_at, name, target, json.dumps(detail)
    )


def cancel(tx: Transaction, name: str, target: str) -> None:
    """Take back jobs of this name about this object."""
    tx.run("DELETE FROM jobs WHERE name = ? AND target = ?", name, target)


def run_due(store: Store) -> int:
    """Run every job that is due, in order of its time, and return how many ran."""
    ran = 0
    while _run_next(store):
        ran += 1
    return ran


def _run_next(store: Store) -> bool:
    job_id = None
    try:
        with store.transaction() as tx:
            due = tx.rows("SELECT * FROM jobs WHERE due_at <= ? ORDER BY due_at, id LIMIT 1", store.now())
            if not due:
                return False
            job_id = due[0]["id"]
            tx.run("DELETE FROM jobs WHERE id = ?", job_id)
            detail = json.loads(due[0]["detail"])
            tx.account = detail.get("account", "")
            JOBS[due[0]["name"]](tx, due[0]["target"], detail)
    except Exception:
        log.exception("Job %s failed; it is put back for %s s", job_id, RETRY_SECONDS)
        with store.transaction() as tx:
            tx.run("UPDATE jobs SET due_at = ? WHERE id = ?", store.now() + RETRY_SECONDS, job_id)
    return True


def advance(store: Store, seconds: float) -> None:
    """Move the clock forward for good, and run what has fallen due before returning."""
    with store.transaction() as tx:
        tx.put_setting("clock_offset", str(offset(tx) + seconds))
    run_due(store)


def set_offset(store: Store, seconds: float) -> None:
    """Put the clock at the machine's time plus `seconds`; 0 is real time again."""
    with store.transaction() as tx:
        tx.put_setting("clock_offset", str(seconds))
    run_due(store)


def offset(tx: Transaction) -> float:
    """Return how far ahead of the machine's time the clock is, in seconds."""
    return float(tx.setting("clock_offset", "0"))


class Ticker(threading.Thread):
    """Runs due jobs until it is told to stop."""

    def __init__(self, store: Store):
        super().__init__(name="clock", daemon=True)
        self._store = store
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(TICK_SECONDS):
            run_due(self._store)
