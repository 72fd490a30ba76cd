"""
Citus, where the database is a coordinator of it: a mall's schema is placed whole on a worker.

A schema is built on the coordinator and then distributed, because Citus takes what is already there and refuses some statements later.
What a roll-out replays is brought into the form that Citus passes on: a column first, then the constraint that it carried.
"""

import re

from saas.kernel.database import connection

# A new schema is an ordinary one until it is whole.
BUILD_HERE = "SET LOCAL citus.enable_schema_based_sharding = off"
LONGEST_NAME = 63
_ADDED = re.compile(
    r'^ALTER TABLE (?P<table>\S+) ADD COLUMN (?P<column>"[^"]+") (?P<definition>.*?)\s*'
    r"(?:(?P<foreign>CONSTRAINT \S+) (?P<target>REFERENCES .+)|(?P<check>CHECK \(.+\)))$",
    re.DOTALL,
)


def is_coordinator() -> bool:
    """Tell whether this database distributes schemas."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')")
        return bool(cursor.fetchone()[0])


def distribute(schema: str) -> None:
    """Place a schema that was built on the coordinator on a worker. Repeated it changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM citus_schemas WHERE schema_name = %s::regnamespace)", [schema])
        if not cursor.fetchone()[0]:
            cursor.execute("SELECT citus_schema_distribute(%s::regnamespace)", [schema])


def accepted(statement: str) -> list[str]:
    """
    Return a statement in the form that Citus passes on to the worker: an added column loses the constraint that it carries, which
    follows by itself, under the name that PostgreSQL would have given it.
    """
    first, *later = statement.split("; SET CONSTRAINTS ")
    found = _ADDED.match(first)
    if not found:
        return [statement]
    table, column = found["table"], found["column"]
    column_only = f"ALTER TABLE {table} ADD COLUMN {column} {found['definition']}".rstrip()
    if found["foreign"]:
        constraint = f"ADD {found['foreign']} FOREIGN KEY ({column}) {found['target']}"
    else:
        name = f"{table.rpartition('.')[2].strip(chr(34))}_{column.strip(chr(34))}_check"
        if len(name) > LONGEST_NAME:
            return [statement]  # PostgreSQL shortens such a name in its own way
        constraint = f'ADD CONSTRAINT "{name}" {found["check"]}'
    return [column_only, f"ALTER TABLE {table} {constraint}", *(f"SET CONSTRAINTS {text}" for text in later)]
