"""Reads of exports and restores. On the platform, or by `exports_of` from inside a mall."""

from datetime import datetime

from django.db.models import Q, QuerySet

from saas.audit.models import AuditEntry
from tenants.isolation.entrance import on_platform
from tenants.longwork.models import LongWork
from tenants.registry.models import Tenant

from .models import MallExport, MallRestore

# What the platform's trail says of an archive that was downloaded, or written to a file.
TAKEN = "mall.archive_downloaded"


def exports_of(tenant: Tenant, *, limit: int = 20) -> list[MallExport]:
    """Return a mall's exports, newest first."""
    with on_platform():
        return list(MallExport.objects.filter(tenant=tenant)[:limit])


def exports(*, words: str, state: str) -> QuerySet[MallExport]:
    """Return exports of all malls, newest first; `state` is one of the work's, or "there": still to be downloaded."""
    found = MallExport.objects.select_related("tenant")
    if state == "there":
        found = found.filter(state=LongWork.State.DONE, removed_at__isnull=True)
    elif state:
        found = found.filter(state=state)
    return found.filter(Q(tenant__name__icontains=words) | Q(tenant__slug__icontains=words)) if words else found


def restores(*, words: str, state: str) -> QuerySet[MallRestore]:
    """Return restores, newest first."""
    found = MallRestore.objects.select_related("tenant")
    if state and state != "there":
        found = found.filter(state=state)
    return (
        found.filter(Q(slug__icontains=words) | Q(file_name__icontains=words) | Q(origin_name__icontains=words))
        if words
        else found
    )


def usable(tenant: Tenant) -> list[MallExport]:
    """Return the mall's archives that are still on the storage."""
    return list(MallExport.objects.filter(tenant=tenant, state=LongWork.State.DONE, removed_at__isnull=True))


def taken(tenant: Tenant) -> list[MallExport]:
    """Return those of them that somebody downloaded: copies are elsewhere, and outlive the storage."""
    told = AuditEntry.objects.filter(action=TAKEN, subject_kind="mall", subject_id=tenant.public_id)
    known = set(told.values_list("data__export", flat=True))
    return [one for one in usable(tenant) if one.public_id in known]


def is_quiet(work: LongWork, *, at: datetime) -> bool:
    """Tell whether a work that is under way has not moved for a minute."""
    moved = work.progressed_at or work.asked_at
    return work.is_under_way and (at - moved).total_seconds() > 60
