"""Audits of a mall that moved to another schema, or that was erased. See ADR 0008."""

from collections.abc import Sequence

from tenants.registry.models import Tenant

from .models import AuditCase, MallAudit, StageEvidence


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Let cases, their pictures and the duty to be audited follow the mall. Inside a transaction; repeated it changes nothing."""
    there = Tenant.objects.filter(schema_name=to_schema).first()
    if there is None:
        return
    for schema in from_schemas:
        for row in StageEvidence.objects.filter(case__tenant__schema_name=schema, file_key__startswith=f"{schema}/"):
            row.file_key = f"{to_schema}/{row.file_key.removeprefix(f'{schema}/')}"
            row.save(update_fields=["file_key"])
    AuditCase.objects.filter(tenant__schema_name__in=from_schemas).update(tenant=there)
    duty = MallAudit.objects.filter(tenant__schema_name__in=from_schemas).first()
    if duty is not None and not MallAudit.objects.filter(tenant=there).exists():
        MallAudit.objects.filter(pk=duty.pk).update(tenant=there)
        Tenant.objects.filter(pk=there.pk).update(audited_at=duty.since_at)


def forget(*, schema_name: str) -> None:
    """Remove the cases of an erased mall: its pictures went with its storage, and what a deal said is the merchant's."""
    AuditCase.objects.filter(tenant__schema_name=schema_name).delete()
    MallAudit.objects.filter(tenant__schema_name=schema_name).delete()
