"""What becomes of a mall's reports and credits when it moves to another schema, or is erased. See ADR 0008."""

from collections.abc import Sequence

from tenants.registry.models import Tenant

from .models import CreditLine, MallDay, Report


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Let them follow the mall. Inside a transaction; repeated it changes nothing."""
    there = Tenant.objects.filter(schema_name=to_schema).first()
    if there is None:
        return
    CreditLine.objects.filter(tenant__schema_name__in=from_schemas).update(tenant=there)
    Report.objects.filter(tenant__schema_name__in=from_schemas).update(tenant=there)
    known = MallDay.objects.filter(tenant=there).values("day")
    MallDay.objects.filter(tenant__schema_name__in=from_schemas).exclude(day__in=known).update(tenant=there)


def forget(*, schema_name: str) -> None:
    """Forget what was reported to an erased mall and who looked at it. Credits stay: they stand on invoices."""
    Report.objects.filter(tenant__schema_name=schema_name).delete()
    MallDay.objects.filter(tenant__schema_name=schema_name).delete()
