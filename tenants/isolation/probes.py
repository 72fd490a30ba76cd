"""
Whether the way to the database keeps sessions apart.

A mall's search path and role are set once and belong to a session of PostgreSQL. A pooler that hands the session to somebody else
between two statements mixes malls without an error. So the first connection of every process is preceded by this probe: two
sessions are given different paths and roles, take turns in and out of transactions, and say what they see.
"""

import contextlib
import logging
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg
import psycopg.sql
from django.db import OperationalError, connection
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

ROUNDS = 2
# A pooler that has no second session to give lets its client wait; then nothing can be told.
PATIENCE_S = 5
LOOK = "SELECT current_setting('search_path'), current_setting('role'), pg_backend_pid()"
_proven: set[tuple[Any, ...]] = set()
_one_at_a_time = threading.Lock()


class PoolerUnsafe(OperationalError):
    """The way to the database mixes sessions. No statement may go there."""


@dataclass(frozen=True)
class Verdict:
    """
    One thing that the probe looked at.

    `is_ok` is None when it cannot be told; `detail` says what was measured and `advice` what to do when it is not ok.
    """

    name: str
    is_ok: bool | None
    detail: str
    advice: str


@dataclass
class _Seen:
    """What the sessions saw: reads, what was not their own, and each session's backends."""

    reads: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    backends: dict[str, set[int]] = field(default_factory=dict)

    @property
    def is_mixed(self) -> bool:
        together = [pid for pids in self.backends.values() for pid in pids]
        return bool(self.wrong) or len(set(together)) < len(together) or len(together) > len(self.backends)


class _Session:
    """A session with a path and a role that no other has. Both roles may do the same, so that any login can try."""

    def __init__(self, raw: "psycopg.Connection[Any]", path: str, role: str) -> None:
        self.raw, self.path, self.role = raw, path, role

    def enter(self) -> Self:
        role = "NONE" if self.role == "none" else psycopg.sql.Identifier(self.role).as_string(self.raw)
        self.raw.execute(f"SET search_path = {self.path}; SET ROLE {role}".encode())
        return self

    def look(self, seen: _Seen) -> None:
        row = self.raw.execute(LOOK).fetchone()
        path, role, pid = row or ("", "", 0)
        seen.reads += 1
        seen.wrong["path"] += path != self.path
        seen.wrong["role"] += role != self.role
        seen.wrong += Counter()  # drops the zeros
        seen.backends.setdefault(self.path, set()).add(pid)


def ask(parameters: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """
    Try the way to the database with three short sessions, and return a verdict on each thing that malls depend on.

    :param parameters: how the database wrapper connects (`connection.get_connection_params()`)
    """
    seen = _Seen()
    error: psycopg.Error | None = None
    is_left = False
    try:
        with _opened(parameters) as one, _opened(parameters) as other:
            user = one.info.user
            _take_turns(_Session(one, "hutong_probe_one", user), _Session(other, "hutong_probe_two", "none"), seen)
            if not seen.is_mixed:
                _Session(one, "hutong_probe_left", user).enter()
        with _opened(parameters) as later:
            row = later.execute(LOOK).fetchone()
            is_left = row is not None and row[0] == "hutong_probe_left"
    except psycopg.Error as stopped:
        error = stopped
    return (_kept(seen, error), _washed(is_left=is_left, is_mixed=seen.is_mixed, error=error))


def _take_turns(one: _Session, other: _Session, seen: _Seen) -> None:
    """Let the sessions alternate, first statement by statement, then each with a transaction around the other's statements."""
    for _round in range(ROUNDS):
        for session in (one.enter(), other.enter()):
            session.look(seen)
        for session in (one, other):
            session.look(seen)
        if seen.is_mixed:
            return
        for holder, guest in ((one, other), (other, one)):
            holder.raw.execute("BEGIN")
            holder.look(seen)
            guest.look(seen)
            guest.enter().look(seen)
            holder.look(seen)
            holder.raw.execute("COMMIT")
            guest.look(seen)
            holder.look(seen)


def _kept(seen: _Seen, error: psycopg.Error | None) -> Verdict:
    advice = _("Put the pooler into session mode (infra/pgbouncer), or connect without it.")
    facts = {"reads": seen.reads, "path": seen.wrong["path"], "role": seen.wrong["role"]}
    if seen.is_mixed:
        backends = {"backends": len(set().union(*seen.backends.values()))}
        text = _(
            "%(path)d of %(reads)d reads saw another session's search path, %(role)d another's role, on %(backends)d backends"
        )
        return Verdict("kept", is_ok=False, detail=text % (facts | backends), advice=advice)
    if error is not None:
        return Verdict("kept", is_ok=None, detail=_told(error), advice=advice)
    return Verdict(
        "kept", is_ok=True, detail=_("kept in %(reads)d of %(reads)d reads by two sessions") % facts, advice=advice
    )


def _washed(*, is_left: bool, is_mixed: bool, error: psycopg.Error | None) -> Verdict:
    advice = _("Let the pooler clean a session before it hands it on: server_reset_query = DISCARD ALL.")
    if is_left:
        text = _("a new session began with the path that an ended one had left")
        return Verdict("washed", is_ok=False, detail=text, advice=advice)
    if error is not None or is_mixed:
        text = _told(error) if error else _("not asked: sessions are mixed")
        return Verdict("washed", is_ok=None, detail=text, advice=advice)
    return Verdict("washed", is_ok=True, detail=_("a new session begins clean"), advice=advice)


def _told(error: psycopg.Error) -> str:
    return str(error).strip().replace("\n", " ")


@contextlib.contextmanager
def _opened(parameters: Mapping[str, Any]) -> Iterator["psycopg.Connection[Any]"]:
    """Open a session the way that the wrapper's go; it is cut off when it does not answer in time."""
    plain = {"connect_timeout": PATIENCE_S, **parameters, "cursor_factory": psycopg.ClientCursor}
    session = psycopg.connect(**plain, autocommit=True)
    alarm = threading.Timer(PATIENCE_S, _cut, [session])
    alarm.daemon = True
    alarm.start()
    try:
        yield session
    finally:
        alarm.cancel()
        session.close()


def _cut(session: "psycopg.Connection[Any]") -> None:
    """End the session's socket, so that whoever waits for an answer gets an error."""
    with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(session.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def demand(parameters: Mapping[str, Any]) -> None:
    """
    Let pass when this process has seen that the way is safe; else try it now.

    :raises PoolerUnsafe: it mixes sessions
    :raises OperationalError: it cannot be told, and nothing may run before it is
    """
    way = tuple(parameters.get(name) for name in ("host", "port", "user"))
    if way in _proven:
        return
    with _one_at_a_time:
        if way in _proven:
            return
        verdicts = ask(parameters)
        for verdict in verdicts:
            if verdict.is_ok is False:
                raise PoolerUnsafe(f"the way to the database is not safe for malls: {verdict.detail}. {verdict.advice}")
        for verdict in verdicts:
            if verdict.is_ok is None:
                raise OperationalError(f"it cannot be told whether sessions are kept apart: {verdict.detail}")
        _proven.add(way)


def before_start() -> None:
    """
    Refuse to start a process whose way to the database is unsafe. A database that does not answer yet is asked again later:
    no connection is made before the answer.

    :raises PoolerUnsafe: it mixes sessions
    """
    try:
        demand(connection.get_connection_params())
    except PoolerUnsafe:
        raise
    except OperationalError as error:
        logger.warning("%s; asked again before the first connection", error)
