"""Disputes of a mall that moved to another schema. See ADR 0008."""

from collections.abc import Sequence

from .models import Case


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Let its cases follow the mall. Inside a transaction; repeated it changes nothing."""
    Case.objects.filter(tenant_schema__in=from_schemas).update(tenant_schema=to_schema)
