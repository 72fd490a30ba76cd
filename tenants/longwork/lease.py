"""
Who works on it: one process at a time, and never one that was held for dead.

Two guards. A process that works holds the work's name (`presence`): while it lives nobody else claims, however long one step
takes. Should its session be lost all the same and another process claim, the number of the attempt is the token: `report`, `confirm`
and `end` ask for it, so that what the first one did is not committed.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, TypeVar

import psycopg
from django.db import models, transaction
from django.db.models import F, Q
from psycopg import sql

from saas.kernel import clock
from saas.kernel.errors import DomainError
from saas.kernel.presence import Presence
from tenants.isolation.entrance import on_platform

from .models import LongWork

logger = logging.getLogger(__name__)
Work = TypeVar("Work", bound=LongWork)
# What has reported nothing for so long is looked at again; whether its process is dead says its presence.
STALE = timedelta(minutes=2)
_REPORT_EVERY = timedelta(seconds=1)


class Cancelled(Exception):
    """Somebody asked to stop."""


class Lost(Exception):
    """Another process has taken the work over."""


def due(model: type[Work]) -> list[str]:
    """Return the public ids of works that nobody may be at: waiting ones, and ones that have not moved for `STALE`. `claim` knows."""
    now = clock.now()
    waiting = Q(state=LongWork.State.WAITING, asked_at__lt=now - timedelta(seconds=20))
    dead = Q(state=LongWork.State.RUNNING, progressed_at__lt=now - STALE)
    return list(model._default_manager.filter(waiting | dead).order_by("pk").values_list("public_id", flat=True))


def presence_of(model: type[Work], public_id: str) -> Presence:
    """Return the name that whoever is at a work holds, not taken yet."""
    return Presence(f"{model._meta.db_table}:{public_id}")


def claim(model: type[Work], public_id: str, *, force: bool = False) -> "Lease[Work] | None":
    """
    Take the work and return its lease; None when it is done, or another process is at it.

    `force` takes it at once from a process that died; from one that lives nobody takes it.
    """
    now, presence = clock.now(), presence_of(model, public_id)
    if not presence.take(is_patient=force):
        return None
    free = Q(state=LongWork.State.WAITING) | Q(state=LongWork.State.RUNNING, progressed_at__lt=now - STALE)
    if force:
        free = Q(state__in=LongWork.UNDER_WAY)
    try:
        with on_platform():
            rows = model._default_manager.filter(free, public_id=public_id)
            claimed = rows.update(
                state=LongWork.State.RUNNING, attempt=F("attempt") + 1, started_at=now, progressed_at=now, rows_done=0,
                files_done=0, problem="",
            )  # fmt: skip
            if claimed:
                return Lease(model._default_manager.get(public_id=public_id), presence)
    except BaseException:
        presence.let_go()
        raise
    presence.let_go()
    return None


class Lease(Generic[Work]):
    """
    The right to work on one piece of work. `work` is the row as it was claimed, with the counts as they are reported.

    Who claimed it lets go of it when the work is over, whatever became of it.
    """

    def __init__(self, work: Work, presence: Presence) -> None:
        self.work = work
        self._presence = presence
        self._reported_at = clock.now()

    def let_go(self) -> None:
        """Work on it no longer. Repeated it does nothing."""
        self._presence.let_go()

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
            if not kept or not self._presence.is_held:
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

    def confirm(self, raw: "psycopg.Connection[Any]") -> None:
        """
        Hold the lease on another connection until that commits, as its last statement: nobody claims in between.

        :raises Lost: another process works on it
        """
        found = raw.execute(
            sql.SQL("SELECT FROM public.{} WHERE id = %s AND attempt = %s AND state = %s FOR SHARE").format(
                sql.Identifier(type(self.work)._meta.db_table)
            ),
            [self.work.pk, self.work.attempt, LongWork.State.RUNNING.value],
        )
        if not found.rowcount:
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
        return _carried_out(lease, act, undo)
    finally:
        lease.let_go()


def _carried_out(lease: Lease[Work], act: Callable[[Lease[Work]], None], undo: Callable[[Work], None]) -> bool:
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
        lease.end(LongWork.State.FAILED, problem=said(error))
        return False
    except Exception:
        logger.exception("%s failed", lease.work.public_id)
        undo(lease.work)
        lease.end(LongWork.State.FAILED, problem="Something unexpected happened. It stands in the log.")
        raise
    return True


def said(error: Exception) -> str:
    """Return what a person is told about a refusal, or about a storage that failed."""
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
