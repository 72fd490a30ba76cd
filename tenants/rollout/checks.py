"""
Expand, then contract: while a release is rolled out, the release before it serves the same tables.

A migration that takes something away, renames it, or demands what older code does not give is refused unless it says, in a
class attribute, why nothing needs it any more:

    contract = "no code since 1.4 reads deals_deal.legacy_price"
"""

import re
from collections.abc import Iterator

from django.core import checks
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED, ManyToManyField

from .capture import flat

TAKES_AWAY = (
    operations.RemoveField,
    operations.DeleteModel,
    operations.RenameField,
    operations.RenameModel,
    operations.AlterModelTable,
)
# Statements of RunSQL that older code may not survive.
TAKES_AWAY_SQL = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|SCHEMA|FUNCTION)\b|RENAME\s+(TO|COLUMN)\b|SET\s+NOT\s+NULL\b|TRUNCATE\s+(?!ON\b))",
    re.IGNORECASE,
)
OURS = ("billing.", "cms.", "ops_console.", "saas.", "storefront.", "tenants.")


@checks.register
def migrations_expand(**_later: object) -> list[checks.CheckMessage]:
    """Every contract step of our own migrations says why it may be taken."""
    found: list[checks.CheckMessage] = []
    for (label, name), migration in sorted(MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()):
        if type(migration).__module__.startswith(OURS) and not getattr(migration, "contract", ""):
            found += [
                checks.Error(
                    f"{label}.{name}: {problem}",
                    hint='Expand first, contract in a later release; or say why it is safe: contract = "…" in the migration.',
                    id="hutong.E110",
                )
                for problem in contractions(migration)
            ]
    return found


def contractions(migration: Migration) -> Iterator[str]:
    """Return, in words, what the release before would not survive."""
    made = {one.name_lower for one in migration.operations if isinstance(one, operations.CreateModel)}
    for operation in flat(migration.operations):
        if getattr(operation, "model_name_lower", "") not in made and (problem := _contraction(operation)):
            yield problem


def _contraction(operation: Operation) -> str:
    if isinstance(operation, TAKES_AWAY):
        return f"“{operation.describe()}” takes away what the release before may use"
    if isinstance(operation, operations.AddField):
        field = operation.field
        given = field.null or field.db_default is not NOT_PROVIDED or isinstance(field, ManyToManyField)
        return (
            ""
            if given
            else f"“{operation.describe()}” demands a value that the release before does not give: add db_default"
        )
    if isinstance(operation, operations.RunSQL):
        texts = (
            [operation.sql]
            if isinstance(operation.sql, str)
            else [one if isinstance(one, str) else one[0] for one in operation.sql]
        )
        said = next((found[0] for text in texts if (found := TAKES_AWAY_SQL.search(text))), "")
        return f"its SQL says {said}" if said else ""
    return ""
