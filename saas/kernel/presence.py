"""
Proof of life: a name that a session of PostgreSQL holds until it lets go or its process has died, however long a step takes.

The server frees the name when the session ends, by a kill too; of a machine that vanished it learns by TCP keep-alive
(`tcp_keepalives_idle`). Session-level advisory locks, https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS.
"""

import hashlib
from typing import Any

import psycopg
from django.db import DatabaseError, OperationalError
from psycopg import errors

from .database import connection


def number(name: str) -> int:
    """Return the lock that stands for a name: 64 bits of its hash."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


class Presence:
    """Holds a name on a connection of its own, so that nothing that happens to Django's lets go of it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._session: psycopg.Connection[Any] | None = None

    def take(self, *, is_patient: bool = False) -> bool:
        """
        Take the name and tell whether nobody else had it.

        A patient one waits for `lock_timeout`: the session of a process that was killed this moment ends soon.
        """
        session: psycopg.Connection[Any] = connection.get_new_connection(connection.get_connection_params())
        try:
            session.autocommit = True
            statement = "SELECT pg_advisory_lock(%s) IS NOT NULL" if is_patient else "SELECT pg_try_advisory_lock(%s)"
            row = session.execute(statement, [number(self._name)]).fetchone()
        except errors.LockNotAvailable:
            row = None
        except BaseException:
            session.close()
            raise
        if not row or not row[0]:
            session.close()
            return False
        self._session = session
        return True

    @property
    def is_held(self) -> bool:
        """Whether the session still lives; asks the server."""
        if self._session is None:
            return False
        try:
            self._session.execute("SELECT 1")
        except (psycopg.Error, OSError):
            return False
        return True

    def let_go(self) -> None:
        """Give the name up. Repeated it does nothing."""
        if self._session is not None:
            self._session.close()
            self._session = None


def hold(name: str) -> None:
    """Hold a name on Django's own connection, for acts of a second; whoever has it already keeps it. A rollback does not free it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number(name)])


def let_go(name: str) -> None:
    """Give up what `hold` took; when the connection is broken, that has happened already."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number(name)])
    except (DatabaseError, OperationalError):
        connection.close()
