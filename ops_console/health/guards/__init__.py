"""The guards in the order in which the doctor reads them: what the later ones stand on comes first."""

from ops_console.health.findings import Guard

from . import books, database, keys, machine, schemas, work

ALL: tuple[Guard, ...] = (
    *database.GUARDS,
    *schemas.GUARDS,
    *keys.GUARDS,
    *books.GUARDS,
    *work.GUARDS,
    *machine.GUARDS,
)
