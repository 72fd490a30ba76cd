"""Several people at once: threads with connections of their own, in a database in which commits are real (fixture `committed`)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from tenants.isolation.entrance import inside


def together(acts: list[Callable[[], Any]], *, schema: str) -> list[Any]:
    """Run the acts at once inside a mall, each on its own connection, and return what each returned or raised, in their order."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            with inside(schema):
                connection.ensure_connection()
                barrier.wait(timeout=20)
                return act()
        except Exception as error:  # noqa: BLE001  what an act raises is its result
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


class Pause:
    """
    Stands in for a lock in a negative control: reads the row as the lock would, and waits until every other act has read it.

    `once`: what an act reads after that it reads without waiting, for acts that do not all read equally often.
    """

    def __init__(self, acts: int, *, once: bool = False) -> None:
        self._barrier, self._once, self._have_met = threading.Barrier(acts), once, False

    def locked_one(self, rows: Any) -> Any:
        """Return the one row without a lock."""
        row = rows.get()
        self.meet()
        return row

    def locked(self, rows: Any) -> list[Any]:
        """Return the rows without a lock."""
        found = list(rows.order_by("pk"))
        self.meet()
        return found

    def meet(self) -> None:
        """Wait until every other act is here, or for ten seconds."""
        if self._once and self._have_met:
            return
        try:
            self._barrier.wait(timeout=10)
        except threading.BrokenBarrierError:
            return
        self._have_met = True
