"""
Takes from a mall's schema what no page uses, so that thousands of malls fit one database: see docs/adr/0018.

Each relation is a file, about half a millisecond at opening, and memory in every backend that meets the mall. Django gives every
table a sequence and every foreign key an index, and every text that is searched a second index for its beginning.
Here one sequence numbers the rows of a whole mall, and three kinds of indexes on one column go: those for the beginnings of texts,
those that another index begins with, and those of tables that stay small (`MALL_UNSEARCHED`). What stays is named in
`MALL_SEARCHED` and `MALL_SEARCHED_BY_BEGINNING`. Tables of apps that the product does without go too (`MALL_WITHOUT`).

The facts are read from the catalogue after a release's migrations, so that tables of later releases are trimmed as well.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from psycopg import sql

from saas.kernel.database import connection

NAME = "trim"
SEQUENCE = "mall_ids"

_NUMBERED = """
SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attidentity <> '' AND NOT a.attisdropped
AND c.relname <> ALL(%(without)s)
ORDER BY 1
"""
# Plain indexes on one column that keep no promise: not unique, of all rows, in the order of their type or of its letters.
_SINGLE = """
SELECT t.relname, a.attname, x.relname, o.opcname LIKE '%%\\_pattern\\_ops', EXISTS (
    SELECT FROM pg_index w JOIN pg_class y ON y.oid = w.indexrelid
    WHERE w.indrelid = i.indrelid AND w.indexrelid <> i.indexrelid AND w.indisvalid AND w.indpred IS NULL
    AND y.relam = x.relam AND w.indkey[0] = i.indkey[0] AND w.indclass[0] = i.indclass[0]
    AND (w.indnkeyatts > 1 OR w.indisunique))
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
JOIN pg_opclass o ON o.oid = i.indclass[0]
WHERE t.relnamespace = current_schema()::regnamespace AND t.relname <> ALL(%(without)s)
AND i.indnatts = 1 AND NOT i.indisunique AND i.indpred IS NULL
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
ORDER BY 1, 3
"""


def statements() -> list[str]:
    """Return what makes the current schema trim; none when it is."""
    return [*_removing(), *_numbering(), *_thinning()]


def fingerprint() -> bytes:
    """Return what decides how a schema is trimmed: a release that decides otherwise is another release."""
    kept = [sorted(settings.MALL_SEARCHED), sorted(settings.MALL_SEARCHED_BY_BEGINNING)]
    return Path(__file__).read_bytes() + repr([settings.MALL_WITHOUT, settings.MALL_UNSEARCHED, *kept]).encode()


@transaction.atomic
def apply() -> None:
    """Make the current schema trim; repeated it changes nothing. Runs as owner."""
    with connection.cursor() as cursor:
        for one in statements():
            cursor.execute(one)


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"without": list(settings.MALL_WITHOUT)})
        return cursor.fetchall()


def _removing() -> list[str]:
    standing = _rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
    return [f'DROP TABLE "{table}"' for (table,) in standing if table in settings.MALL_WITHOUT]


def _numbering() -> list[str]:
    """
    Return statements that let the mall's one sequence number what has a sequence of its own.

    They are replayed in malls that have rows and sell meanwhile: the sequence only ever goes forward, past every number given.
    """
    tables = _rows(_NUMBERED)
    if not tables:
        return []
    given = "SELECT {} FROM pg_sequences WHERE schemaname = current_schema()"
    so_far = given.format(f"max(last_value) FILTER (WHERE sequencename = '{SEQUENCE}')")
    highest = given.format("max(last_value)")
    said = [
        f"CREATE SEQUENCE IF NOT EXISTS {SEQUENCE}",
        f"SELECT count(nextval('{SEQUENCE}')) FROM generate_series(coalesce(({so_far}), 0) + 1, ({highest}))",  # noqa: S608
    ]
    for table, column in tables:
        names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
        change = (
            "ALTER TABLE {table} ALTER COLUMN {column} DROP IDENTITY, "
            f"ALTER COLUMN {{column}} SET DEFAULT nextval('{SEQUENCE}')"
        )
        said.append(sql.SQL(change).format(**names).as_string())
    return said


def _thinning() -> list[str]:
    """Return statements that drop the indexes that nothing searches by."""
    said = []
    for table, column, index, by_letters, is_doubled in _rows(_SINGLE):
        kept = settings.MALL_SEARCHED_BY_BEGINNING if by_letters else settings.MALL_SEARCHED
        is_small = table.startswith(settings.MALL_UNSEARCHED)
        if (by_letters or is_doubled or is_small) and (table, column) not in kept:
            said.append(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)).as_string())
    return said
