"""The way from one step to another: neighbouring steps of SQL become one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from psycopg import sql

from .models import Step

# PostgreSQL's names of lock modes, as LOCK TABLE wants them, weakest first.
MODES = {
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}


@dataclass(frozen=True)
class Stretch:
    """Steps that a mall takes together. `begin` is the step it must be at, `end` the one it is at afterwards."""

    begin: int
    end: int
    kind: str
    steps: Sequence[Step]
    # Of tables that stand before: the strongest lock that any of the steps takes.
    locks: dict[str, str] = field(default_factory=dict)
    # What the touched tables are in the template after the last of the steps.
    tables: dict[str, str] = field(default_factory=dict)

    @property
    def makes_tables(self) -> bool:
        """Whether a table comes to be, so that the mall's role needs to be told."""
        return any(digest and table not in self.locks for table, digest in self.tables.items())

    def locking(self, schemas: Sequence[str]) -> sql.Composable | None:
        """
        Return one statement that takes every lock in every schema, so that one time limit holds for all of them; None for none.

        The tables are always locked in the same order.
        """
        said = []
        for mode, words in reversed(MODES.items()):
            names = [
                sql.Identifier(schema, table)
                for schema in schemas
                for table, one in sorted(self.locks.items())
                if one == mode
            ]
            if names:
                said.append(sql.SQL("LOCK TABLE {} IN {} MODE;").format(sql.SQL(", ").join(names), sql.SQL(words)))
        return sql.SQL("DO $lock$ BEGIN {} END $lock$").format(sql.SQL(" ").join(said)) if said else None

    def statements(self) -> str:
        """Return the SQL of all steps."""
        return ";\n".join(step.statements for step in self.steps if step.statements)


def way(steps: Sequence[Step], begin: int) -> Iterator[Stretch]:
    """Return the stretches that lead a mall from `begin` to the last step."""
    ahead = [step for step in steps if step.pk > begin]
    if lost := [step for step in ahead if step.kind == Step.Kind.MIGRATE]:
        # Django runs whatever is missing until today, so nothing is ahead afterwards.
        yield Stretch(begin, steps[-1].pk, Step.Kind.MIGRATE, lost[-1:])
        return
    for kind, group in groupby(ahead, key=lambda step: step.kind):
        together = list(group)
        for part in [together] if kind == Step.Kind.SQL else [[step] for step in together]:
            yield _stretch(begin, kind, part)
            begin = part[-1].pk


def _stretch(begin: int, kind: str, steps: Sequence[Step]) -> Stretch:
    order = list(MODES)
    locks: dict[str, str] = {}
    tables: dict[str, str] = {}
    for step in steps:
        for table, mode in step.locks.items():
            if table in tables and table not in locks:
                continue  # made by an earlier step of the same stretch
            locks[table] = max(locks.get(table, order[0]), mode, key=order.index)
        tables |= step.tables
    return Stretch(begin, steps[-1].pk, kind, steps, locks, tables)
