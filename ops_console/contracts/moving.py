"""What becomes of contracts when the mall moves into another schema, or is erased."""

from collections.abc import Sequence

from saas.kernel import clock
from tenants.registry.models import Tenant

from . import ending, text
from .models import Contract, ContractVersion, Quote, Signature


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Lead contracts and quotes to the mall's new place. Inside a transaction; repeated it changes nothing."""
    tenant = Tenant.objects.get(schema_name=to_schema)
    for model in (Contract, Quote):
        model.objects.filter(tenant__schema_name__in=from_schemas).update(tenant=tenant)


def forget(*, schema_name: str) -> None:
    """
    End the contract of an erased mall, without hand-over, and withdraw what nobody has signed. What was signed stays, as the law wants
    of contracts; what was only offered loses its text, and reasons go.
    """
    tenant = Tenant.objects.get(schema_name=schema_name)
    for contract in ending.running_of(tenant):
        ending.end_of_erased(contract=contract, now=clock.now())
    of_mall = Contract.objects.filter(tenant=tenant)
    unsigned = of_mall.filter(state__in=[Contract.State.DRAFT, Contract.State.SENT])
    versions = ContractVersion.objects.filter(contract__in=unsigned)
    Signature.objects.filter(version__in=versions).delete()
    gone = {
        "state": ContractVersion.State.WITHDRAWN,
        "text": "",
        "text_hash": text.hash_of(""),
        "note": "",
        "reason": "",
    }
    versions.update(**gone)
    unsigned.update(state=Contract.State.WITHDRAWN)
    of_mall.update(reason="", notice_by="")
    Quote.objects.filter(tenant=tenant).update(customer="")
    Quote.objects.filter(tenant=tenant, state=Quote.State.OPEN).update(state=Quote.State.DROPPED)
