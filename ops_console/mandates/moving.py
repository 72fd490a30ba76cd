"""What becomes of visits, and of what waits for a second person, when the mall moves into another schema, or is erased. See ADR 0008."""

from collections.abc import Sequence

from saas.kernel import clock
from tenants.entry.models import Approval
from tenants.registry.models import Tenant

from .models import Asked, Visit


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """
    Let what was asked for follow the mall: what it tells of that from now on would be another mall's. Inside a transaction; repeated it
    changes nothing.
    """
    there = Tenant.objects.get(schema_name=to_schema)
    Asked.objects.filter(tenant__schema_name__in=from_schemas).update(tenant=there)


def forget(*, schema_name: str) -> None:
    """
    Forget why the agency was in an erased mall, who of the mall ended a visit, and what was asked for; that it was there, when and how
    long, stays known. What waited for a second person waits no more.
    """
    Visit.objects.filter(tenant__schema_name=schema_name).update(reason="", ended_by="")
    asked = Asked.objects.filter(tenant__schema_name=schema_name)
    asked.filter(state=Approval.State.OPEN).update(state=Approval.State.DECLINED, told_at=clock.now())
    asked.update(label="", said={}, reason="", told_by="")
