"""Who works on it: one process at a time, and never one that was held for dead."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from django.db import models, transaction
from django.db.models import F, Q

from saas.kernel import clock
from saas.kernel.errors import DomainError
from tenants.isolation.entrance import on_platform

from .models import LongWork

logger = logging.getLogger(__name__)
Work = TypeVar("Work", bound=LongWork)
# A process that has reported nothing for so long is dead; longer than any single step between two reports.
STALE = timedelta(minutes=2)
_REPORT_EVERY = timedelta(seconds=1)


class Cancelled(Exception):
    """Somebody asked to stop."""


class Lost(Exception):
    """Another process has taken the work over."""


def due(model: type[Work]) -> list[str]:
    """Return the public ids of works that nobody is at: waiting ones, and ones whose process died."""
    now = clock.now()
    waiting = Q(state=LongWork.State.WAITING, asked_at__lt=now - timedelta(seconds=20))
    dead = Q(state=LongWork.State.RUNNING, progressed_at__lt=now - STALE)
    return list(model._default_manager.filter(waiting | dead).order_by("pk").values_list("public_id", flat=True))


def claim(model: type[Work], public_id: str, *, force: bool = False) -> "Lease[Work] | None":
    """
    Take the work and return its lease; None when it is done, or another process is at it.

    `force` takes it from a process that is known to be dead.
    """
    now = clock.now()
    free = Q(state=LongWork.State.WAITING) | Q(state=LongWork.State.RUNNING, progressed_at__lt=now - STALE)
    if force:
        free = Q(state__in=LongWork.UNDER_WAY)
    with on_platform():
        rows = model._default_manager.filter(free, public_id=public_id)
        claimed = rows.update(
            state=LongWork.State.RUNNING, attempt=F("attempt") + 1, started_at=now, progressed_at=now, rows_done=0,
            files_done=0, problem="",
        )  # fmt: skip
        return Lease(model._default_manager.get(public_id=public_id)) if claimed else None


class Lease(Generic[Work]):
    """The right to work on one piece of work. `work` is the row as it was claimed, with the counts as they are reported."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._reported_at = clock.now()

    def report(self, *, step: str = "", force: bool = False) -> None:
        """
        Write down how far the work is; without `force` and within the same step, at most once a second.

        Never inside a mall's transaction: the row is the platform's.

        :raises Lost: another process works on it
        :raises Cancelled: somebody asked to stop
        """
        now, work = clock.now(), self.work
        if not (force or (step and step != work.step) or now - self._reported_at >= _REPORT_EVERY):
            return
        work.step = step or work.step
        self._reported_at = now
        with on_platform():
            kept = self._mine().update(
                step=work.step, progressed_at=now, rows_done=work.rows_done, rows_total=work.rows_total,
                files_done=work.files_done, files_total=work.files_total,
            )  # fmt: skip
            if not kept:
                raise Lost
            if self._mine().filter(cancel_asked_at__isnull=False).exists():
                raise Cancelled

    def count(self, *, rows: int = 0, files: int = 0) -> None:
        """Add to what is done, and report when it is time."""
        self.work.rows_done += rows
        self.work.files_done += files
        self.report()

    def end(self, state: str, **fields: object) -> None:
        """
        Close the work. Inside a transaction it holds when that commits.

        :raises Lost: another process works on it
        """
        work = self.work
        changes = {
            "state": state, "ended_at": clock.now(), "progressed_at": clock.now(), "step": "", "rows_done": work.rows_done,
            "files_done": work.files_done, "rows_total": work.rows_total, "files_total": work.files_total, **fields,
        }  # fmt: skip
        with on_platform():
            if not self._mine().update(**changes):
                raise Lost

    def _mine(self) -> "models.QuerySet[Work]":
        rows = type(self.work)._default_manager
        return rows.filter(pk=self.work.pk, attempt=self.work.attempt, state=LongWork.State.RUNNING)


def carry_out(lease: Lease[Work], act: Callable[[Lease[Work]], None], *, undo: Callable[[Work], None]) -> bool:
    """
    Do the work and close it as what became of it; tell whether it was done. `undo` clears what a failed try left behind.

    An error that is no refusal and no full disk is closed as failed too, logged, and raised.
    """
    try:
        act(lease)
    except Lost:
        logger.warning("%s was taken over by another process", lease.work.public_id)
        return False
    except Cancelled:
        undo(lease.work)
        lease.end(LongWork.State.CANCELLED)
        return False
    except (DomainError, OSError) as error:
        undo(lease.work)
        lease.end(LongWork.State.FAILED, problem=_said(error))
        return False
    except Exception:
        logger.exception("%s failed", lease.work.public_id)
        undo(lease.work)
        lease.end(LongWork.State.FAILED, problem="Something unexpected happened. It stands in the log.")
        raise
    return True


def _said(error: Exception) -> str:
    if isinstance(error, OSError):
        return (
            f"{error.strerror or error}. Free some space or repair the storage, then begin again. Nothing was changed."[
                :500
            ]
        )
    return str(error)[:500]


def ask_to_stop(model: type[Work], public_id: str) -> bool:
    """Ask the process to stop, or cancel what waits; tell whether there was something to stop."""
    now = clock.now()
    with transaction.atomic():
        rows = model._default_manager.filter(public_id=public_id)
        waiting = rows.filter(state=LongWork.State.WAITING).update(state=LongWork.State.CANCELLED, ended_at=now)
        return bool(waiting or rows.filter(state=LongWork.State.RUNNING).update(cancel_asked_at=now))
