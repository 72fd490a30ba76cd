"""Disputes of a mall that moved to another schema, or that was erased. See ADR 0008."""

from collections.abc import Sequence

from saas.kernel import clock
from storefront.disputes.models import Dispute

from .models import Case


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Let its cases follow the mall. Inside a transaction; repeated it changes nothing."""
    Case.objects.filter(tenant_schema__in=from_schemas).update(tenant_schema=to_schema)


def forget(*, schema_name: str) -> None:
    """Close the cases of an erased mall: nothing is left that could answer. What the bank decides, Stripe's page says."""
    rows = Case.objects.filter(tenant_schema=schema_name, closed_at=None)
    rows.update(state=Dispute.State.CLOSED, closed_at=clock.now())
