"""The statements of a mall that moved to another schema. See ADR 0008."""

from collections.abc import Sequence

from .models import Statement


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Let the statements follow the mall; what they say stays. Inside a transaction; repeated it changes nothing."""
    Statement.objects.filter(tenant_schema__in=from_schemas).update(tenant_schema=to_schema)


def forget(*, schema_name: str) -> None:
    """Forget who confirmed the statements of an erased mall. What they say, and remarks, stay with the books."""
    Statement.objects.filter(tenant_schema=schema_name).update(confirmed_by="")
