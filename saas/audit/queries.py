"""Reads of the trail."""

from .models import AuditEntry


def of_subject(kind: str, subject_id: str, *, limit: int = 200) -> list[AuditEntry]:
    """Return what was done to a thing, oldest first."""
    return list(AuditEntry.objects.filter(subject_kind=kind, subject_id=subject_id).order_by("at", "pk")[:limit])
