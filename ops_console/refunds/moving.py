"""Held refunds of a mall that moved to another schema, or that was erased. See ADR 0008."""

from collections.abc import Sequence

from .models import HeldRefund


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Let its rows follow the mall. Inside a transaction; repeated it changes nothing."""
    HeldRefund.objects.filter(tenant_schema__in=from_schemas).update(tenant_schema=to_schema)


def forget(*, schema_name: str) -> None:
    """Forget the rows of an erased mall: it is not erased before its shoppers have their money."""
    HeldRefund.objects.filter(tenant_schema=schema_name).delete()
