"""The cancel storm (T4): reads that change schema each time, while another session cancels the statements of this one."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import OperationalError, connection

# Runs in the server, so that the storm does not wait for the interpreter that it strikes.
STORM = """
DO $$ BEGIN
    FOR i IN 1..2000 LOOP PERFORM pg_cancel_backend({pid}); PERFORM pg_sleep(0.0003); END LOOP;
END $$
"""


@dataclass
class Reads:
    """How many reads came from the schema that was entered, from another one, or were refused."""

    right: int = 0
    wrong: int = 0
    refused: int = 0

    @property
    def all(self) -> int:
        """Return how many reads were tried."""
        return self.right + self.wrong + self.refused


def reads_under_cancels(
    schemas: Sequence[str],
    *,
    enter: Callable[[str], Any],
    refusals: int,
    until_wrong: bool = False,
    seconds: float = 60,
) -> Reads:
    """
    Read the current schema, one schema by turn, while the storm goes on.

    Ends after so many refusals (or the first wrong read), at the latest after `seconds`.
    """
    reads, stop = Reads(), threading.Event()
    connection.ensure_connection()
    thread = threading.Thread(target=_storm, args=(connection.connection.info.backend_pid, stop))
    thread.start()
    deadline = time.monotonic() + seconds
    try:
        while reads.refused < refusals and time.monotonic() < deadline and not (until_wrong and reads.wrong):
            _read(schemas[reads.all % len(schemas)], enter, reads)
    finally:
        stop.set()
        thread.join()
        connection.close()
    return reads


def _read(schema: str, enter: Callable[[str], Any], reads: Reads) -> None:
    enter(schema)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            found = str(cursor.fetchone()[0])
    except OperationalError:
        reads.refused += 1
        return
    reads.right, reads.wrong = reads.right + (found == schema), reads.wrong + (found != schema)


def _storm(pid: int, stop: threading.Event) -> None:
    with psycopg.connect(os.environ["DATABASE_SUPERUSER_URL"], autocommit=True) as killer:
        while not stop.is_set():
            killer.execute(STORM.format(pid=pid))
