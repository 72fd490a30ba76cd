"""Reads of visits, shaped for the console."""

from datetime import datetime

from django.db.models import Q, QuerySet

from saas.audit.models import AuditEntry
from tenants.registry.models import Tenant

from .models import Visit


def visits(*, state: str = "", words: str = "", tenant: Tenant | None = None, now: datetime) -> "QuerySet[Visit]":
    """Return visits, newest first: `state` "open" or "ended", those that name all `words` in person, mall or reason."""
    found = Visit.objects.select_related("person", "tenant").order_by("-started_at")
    if tenant:
        found = found.filter(tenant=tenant)
    if state == "open":
        found = found.filter(ended_at__isnull=True, ends_at__gt=now)
    elif state == "ended":
        found = found.exclude(ended_at__isnull=True, ends_at__gt=now)
    for word in words.split():
        found = found.filter(
            Q(person__name__icontains=word) | Q(tenant__name__icontains=word) | Q(reason__icontains=word)
        )
    return found


def requests_of(visit: Visit) -> "QuerySet[AuditEntry]":
    """Return what the platform's audit has of a visit, oldest first."""
    return AuditEntry.objects.filter(subject_kind="visit", subject_id=visit.public_id).order_by("at", "pk")
