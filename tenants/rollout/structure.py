"""
The structure of schemas, as fingerprints that can be compared: columns, defaults, constraints and indexes by name, triggers,
sequences, functions, privileges. Not the order of columns, and no rows.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

# One line for each fact of a table. The schema's own name is taken out, so that it does not matter whether the search path made
# PostgreSQL write it; and so are casts between texts and brackets, which it writes otherwise after a dump than before.
_LINES = r"""
SELECT n.nspname AS schema, c.relname AS part, replace(replace(
    regexp_replace(x.line, '::(character varying|text)(\[\])?|[()]', '', 'g'), n.nspname || '.', ''), n.nspname, '~') AS line
FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid CROSS JOIN LATERAL (
    SELECT 'kind ' || c.relkind::text || c.relpersistence::text || ' ' || coalesce(c.reloptions::text, '') AS line
    UNION ALL SELECT 'privilege ' || one FROM unnest(coalesce(c.relacl::text[], '{}')) AS one
    UNION ALL SELECT 'column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || ' ' || a.attidentity::text || a.attgenerated::text
        || ' ' || a.attcollation::regcollation::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT 'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid) || ' ' || k.convalidated::text
        FROM pg_constraint k WHERE k.conrelid = c.oid
    UNION ALL SELECT 'index ' || pg_get_indexdef(i.indexrelid) || ' ' || i.indisvalid::text FROM pg_index i WHERE i.indrelid = c.oid
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
        FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
) AS x
WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    AND (%(tables)s::text[] IS NULL OR c.relname = ANY(%(tables)s))
"""
_REST = """
UNION ALL SELECT n.nspname, p.proname || '()',
    replace(md5(p.prosrc) || coalesce(p.proconfig::text, '') || coalesce(p.proacl::text, ''), n.nspname, '~')
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY(%(schemas)s)
UNION ALL SELECT n.nspname, 'schema', replace('privilege ' || one, n.nspname, '~')
    FROM pg_namespace n CROSS JOIN unnest(coalesce(n.nspacl::text[], '{}')) AS one WHERE n.nspname = ANY(%(schemas)s)
"""

# Fingerprints are kept for as long as a mall may be behind: each says by which text of the question it was made.
EDITION = hashlib.sha256(_LINES.encode()).hexdigest()[:8]


def of_tables(cursor: Any, *, schemas: Sequence[str], tables: Sequence[str] | None) -> dict[str, dict[str, str]]:
    """Return a fingerprint for each named table (all parts of the schema without names) of each schema."""
    body = _LINES if tables is not None else _LINES + _REST
    found: dict[str, dict[str, str]] = {schema: {} for schema in schemas}
    # The texts are this module's own.
    query = f"SELECT schema, part, md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) FROM ({body}) AS f GROUP BY 1, 2"  # noqa: S608
    for schema, part, digest in _asked(cursor, query, schemas, tables):
        found[schema][part] = f"{EDITION}:{digest}"
    return found


def lines(cursor: Any, *, schema: str, tables: Sequence[str] | None = None) -> set[tuple[str, str]]:
    """Return the facts themselves, as (table, fact), so that people can read a difference."""
    body = _LINES if tables is not None else _LINES + _REST
    return {(part, line) for _schema, part, line in _asked(cursor, body, [schema], tables)}


def difference(cursor: Any, *, schema: str, template: str, tables: Sequence[str] | None = None) -> list[str]:
    """Return, in words, what a schema has that the template has not, and the other way round."""
    here, there = (lines(cursor, schema=name, tables=tables) for name in (schema, template))
    return [
        *(f"{part} lacks {line}" for part, line in sorted(there - here)),
        *(f"{part} has besides {line}" for part, line in sorted(here - there)),
    ]


def _asked(cursor: Any, query: str, schemas: Sequence[str], tables: Sequence[str] | None) -> list[tuple[str, str, str]]:
    cursor.execute(query, {"schemas": list(schemas), "tables": None if tables is None else list(tables)})
    found: list[tuple[str, str, str]] = cursor.fetchall()
    return found
