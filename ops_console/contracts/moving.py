"""What becomes of contracts when the mall moves into another schema, or is erased."""

from collections.abc import Sequence

from saas.kernel import clock
from tenants.registry.models import Tenant

from . import ending
from .models import Contract, Quote


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Lead contracts and quotes to the mall's new place. Inside a transaction; repeated it changes nothing."""
    tenant = Tenant.objects.get(schema_name=to_schema)
    for model in (Contract, Quote):
        model.objects.filter(tenant__schema_name__in=from_schemas).update(tenant=tenant)


def forget(*, schema_name: str) -> None:
    """End the contract of an erased mall, without hand-over. What was signed stays, as the law wants of contracts; reasons go."""
    for contract in ending.running_of(Tenant.objects.get(schema_name=schema_name)):
        ending.end_of_erased(contract=contract, now=clock.now())
    Contract.objects.filter(tenant__schema_name=schema_name).update(reason="", notice_by="")
