"""A mall's structure and rows, out of its schema and into another one. Everything is named with its schema."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.utils.translation import gettext_lazy as _
from psycopg import IsolationLevel, errors, sql

from saas.kernel.database import connection
from saas.kernel.errors import DomainError

from . import layout, schemas


@dataclass(frozen=True)
class Table:
    """A table with the columns that are stored (none that PostgreSQL makes itself) and those of its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class Changed(DomainError):
    """The schema's tables were changed at the moment in which they were to be read."""

    code = "archive_tables_changed"
    message = _("A release changed this mall's tables at this moment. Begin again in a minute.")


# How long an export waits for a release that changes the mall's tables.
LOCK_S = 60


@contextmanager
def snapshot(schema: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """
    Yield a connection that sees one state of the schema, structure and rows, and the name by which `structure` sees the same.

    No table can be changed meanwhile: all are locked (ACCESS SHARE, which stops nobody from selling) before the state is taken.

    :raises Changed: a table came or went in between, or a release held one for longer than `LOCK_S`
    """
    with own_connection(is_snapshot=False) as look:
        names = [table.name for table in tables(look, schema)]
    with own_connection(is_snapshot=True) as raw:
        raw.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{LOCK_S}s")))
        found = [sql.Identifier(schema, name) for name in names]
        try:
            # A statement that reads nothing: the state is the one after the locks were got.
            raw.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(found)))
        except (errors.LockNotAvailable, errors.UndefinedTable) as error:
            raise Changed from error
        row = raw.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        if not row or [table.name for table in tables(raw, schema)] != names:
            raise Changed
        yield raw, str(row[0])


@contextmanager
def own_connection(*, is_snapshot: bool) -> Iterator[psycopg.Connection[Any]]:
    """
    Yield a connection beside Django's, in one transaction that commits at the end; statements may take their time.

    With `is_snapshot` it reads one state of the database and cannot write.
    """
    made: psycopg.Connection[Any] = connection.get_new_connection(connection.get_connection_params())
    try:
        made.autocommit = False
        if is_snapshot:
            made.isolation_level, made.read_only = IsolationLevel.REPEATABLE_READ, True
        with made.transaction():
            for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
                made.execute(sql.SQL("SET LOCAL {} = 0").format(sql.Identifier(setting)))
            made.execute("SET LOCAL search_path = ''")
            yield made
    finally:
        made.close()


def tables(raw: psycopg.Connection[Any], schema: str) -> list[Table]:
    """Return the schema's tables by name."""
    found = raw.execute(
        """
        SELECT c.relname,
               (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
               (SELECT array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum))
                  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                 WHERE i.indrelid = c.oid AND i.indisprimary)
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY c.relname
        """,
        [schema],
    )
    return [Table(str(name), tuple(columns), tuple(key or columns)) for name, columns, key in found.fetchall()]


def count(raw: psycopg.Connection[Any], schema: str, table: str) -> int:
    """Return how many rows the table has."""
    row = raw.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))).fetchone()
    return int(row[0]) if row else 0


def applied(raw: psycopg.Connection[Any], schema: str) -> list[list[str]]:
    """Return the migrations that the schema went through, as pairs of app and name."""
    found = raw.execute(
        sql.SQL("SELECT DISTINCT app, name FROM {} ORDER BY 1, 2").format(sql.Identifier(schema, "django_migrations"))
    )
    return [list(row) for row in found.fetchall()]


def sequences(raw: psycopg.Connection[Any], schema: str) -> dict[str, list[Any]]:
    """Return each sequence's last value and whether it was given out."""
    names = raw.execute(
        "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relkind = 'S' ORDER BY 1",
        [schema],
    ).fetchall()
    found: dict[str, list[Any]] = {}
    for (name,) in names:
        row = raw.execute(
            sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema, name))
        ).fetchone()
        found[name] = list(row or (1, False))
    return found


def _columns(table: Table) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(column) for column in table.columns)


def read(raw: psycopg.Connection[Any], schema: str, table: Table) -> Iterator[bytes]:
    """Yield the table's rows as lines of COPY's text format, in the order of the primary key, neutral and sealed."""
    statement = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        _columns(table),
        sql.Identifier(schema, table.name),
        sql.SQL(", ").join(sql.Identifier(column) for column in table.key),
    )
    with raw.cursor().copy(statement) as copy:
        for line in lines(bytes(piece) for piece in copy):
            yield _changed(line.replace(schema.encode(), layout.NEUTRAL.encode()), table, layout.seal)


def write(raw: psycopg.Connection[Any], schema: str, table: Table, pieces: Iterable[bytes]) -> int:
    """Load a table from the pieces that `read` made, and return how many rows there were."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(schema, table.name), _columns(table))
    done = 0
    with raw.cursor().copy(statement) as copy:
        for line in lines(pieces):
            copy.write(_changed(line, table, layout.unseal).replace(layout.NEUTRAL.encode(), schema.encode()))
            done += 1
    return done


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut pieces into lines; COPY's text format writes a line feed inside a value as two other characters."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest + b"\n"


def _changed(line: bytes, table: Table, change: Callable[[str], str]) -> bytes:
    """Seal or unseal the columns that are sealed."""
    wanted = [table.columns.index(name) for name in layout.SEALED.get(table.name, ()) if name in table.columns]
    if not wanted:
        return line
    values = line.removesuffix(b"\n").split(b"\t")
    for place in wanted:
        if values[place] not in (b"\\N", b""):
            values[place] = change(values[place].decode()).encode()
    return b"\t".join(values) + b"\n"


def structure(raw: psycopg.Connection[Any], schema: str, *, seen_as: str) -> tuple[str, str]:
    """
    Return the schema's own DDL, neutral: what stands before rows are loaded, and what after (keys, indexes, triggers).

    `raw` and `seen_as` are those of a `snapshot` that still stands.

    :raises RecordingFailed: pg_dump is missing or failed
    """
    before, after = (text.replace(schema, layout.NEUTRAL) for text in schemas.sections(raw, schema, seen_as=seen_as))
    return before, after


def run(raw: psycopg.Connection[Any], schema: str, script: str) -> None:
    """Run neutral DDL for a schema."""
    raw.execute("SET LOCAL check_function_bodies = false")
    raw.execute(script.replace(layout.NEUTRAL, schema).encode())


def set_sequences(raw: psycopg.Connection[Any], schema: str, values: dict[str, list[Any]]) -> None:
    """Let the sequences go on where they stood."""
    for name, (last, was_called) in values.items():
        raw.execute(
            "SELECT pg_catalog.setval(%s::pg_catalog.regclass, %s, %s)", [f'"{schema}"."{name}"', last, was_called]
        )
