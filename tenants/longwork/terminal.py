"""Long work at the command line: carried out in this process, with a line of progress."""

import sys
import time
from collections.abc import Callable
from threading import Event
from typing import Any, TextIO

from saas.kernel import clock
from tenants.isolation.threads import beside

from .lease import STALE
from .models import LongWork

EVERY_S = 2.0


def say_progress(work: LongWork) -> str:
    """Return how far a work is, in one line."""
    counts = [f"{work.rows_done:,} of {work.rows_total:,} rows"]
    if work.files_total:
        counts.append(f"{work.files_done:,} of {work.files_total:,} files")
    left = work.remaining(at=clock.now())
    return f"{work.step or work.state}: {', '.join(counts)}" + (
        f", about {left.total_seconds():.0f} s left" if left else ""
    )


def _wait_for_others(work: LongWork) -> None:
    """Wait while another process is at the work: a worker may have been quicker."""
    while True:
        row = type(work)._default_manager.get(pk=work.pk)
        if row.state != LongWork.State.RUNNING or (row.progressed_at or row.asked_at) < clock.now() - STALE:
            return
        time.sleep(EVERY_S / 4)


def watch(work: LongWork, run: Callable[..., bool], *, out: TextIO = sys.stdout, **arguments: Any) -> LongWork:
    """Carry the work out here, tell on `out` how it goes, and return its row as it ended."""
    over = Event()

    def tell() -> None:
        said = ""
        while not over.wait(EVERY_S):
            line = say_progress(type(work)._default_manager.get(pk=work.pk))
            if line != said:
                out.write(f"  {line}\n")
                said = line

    teller = beside(tell, name="progress", daemon=True)
    teller.start()
    try:
        if not run(**arguments):
            _wait_for_others(work)
    finally:
        over.set()
        teller.join()
    return type(work)._default_manager.get(pk=work.pk)
