"""Evidence: kept with its task, files in the mall's own storage. What comes after the task was due is marked as late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.audit import operations as audit
from saas.audit.models import AuditEntry
from saas.audit.phrases import Words, phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import locked_one
from tenants.isolation.entrance import inside
from tenants.isolation.storage import media

from . import pictures
from .models import Evidence, Task
from .pictures import EvidenceRefused
from .trail import told

MOST_PIECES = 30
FOLDER = "evidence"
# A trail's entry that proves something may be somewhat older than the task.
TRAIL_BEFORE = timedelta(days=1)
# Coming, looking and leaving prove no work.
NO_WORK = ("agency.request", "agency.visit_began", "agency.visit_ended", "ticket.used", "ticket.refused")


@dataclass(frozen=True)
class Proof:
    """A piece of evidence to keep: what goes with its `kind` is given. `entry` is the key of a row of the mall's audit."""

    kind: str
    text: str = ""
    url: str = ""
    figure: Decimal | None = None
    entry: int | None = None
    file: UploadedFile | None = None


def attach(*, task: str, proof: Proof, by: Actor, now: datetime) -> Evidence:
    """
    Keep a piece of evidence. A picture never inside a transaction: it goes into the mall's storage first. Locks: Task.

    :raises EvidenceRefused: nothing is given, a file too large, no picture or a program, a trail's entry that the mall does not have
    """
    found = Task.objects.select_related("tenant").get(public_id=task)
    _refuse_closed(found)
    fields: dict[str, Any] = {"text": proof.text.strip()[:4000]}
    if proof.kind == Evidence.Kind.PICTURE:
        fields |= pictures.keep(found.tenant, proof.file, folder=f"{FOLDER}/{found.occurs_on:%Y-%m}")
    elif proof.kind == Evidence.Kind.LINK:
        fields["url"] = _address(proof.url)
    elif proof.kind == Evidence.Kind.FIGURE:
        if proof.figure is None or not fields["text"]:
            raise EvidenceRefused(_("A figure has a number and says what it counts."), field="figure")
        fields["figure"] = proof.figure
    elif proof.kind == Evidence.Kind.TRAIL:
        fields["trail"] = _entry(found, proof.entry)
    elif proof.kind != Evidence.Kind.TEXT or len(fields["text"]) < 3:
        raise EvidenceRefused(_("Write what was done."), field="text")
    try:
        return _written(task, proof.kind, fields, by=by, now=now)
    except BaseException:
        if fields.get("file_key"):
            with inside(found.tenant):
                media.delete(fields["file_key"])
        raise


def remove(*, evidence: str, by: Actor, now: datetime) -> None:
    """
    Take back a piece of evidence of a task that is not closed. Never inside a transaction. Locks: Task.

    :raises EvidenceRefused: the task is closed; what it was closed with stays
    """
    row = Evidence.objects.select_related("task__tenant").get(public_id=evidence)
    with transaction.atomic():
        task = locked_one(Task.objects.filter(pk=row.task_id).select_related("tenant"))
        if not task.is_standing:
            raise EvidenceRefused(_("The task is closed: its evidence stays as it is."))
        row.delete()
        _note(
            task,
            "work.evidence_removed",
            phrase(gettext_lazy("Evidence taken back: %(kind)s"), kind=Evidence.Kind(row.kind).label),
            by=by,
            now=now,
        )
    if row.file_key:
        with inside(row.task.tenant):
            media.delete(row.file_key)


def opened(evidence: Evidence) -> BinaryIO:
    """
    Open the picture of a piece of evidence for reading.

    :raises FileNotFoundError: it is gone
    """
    with inside(evidence.task.tenant):
        return media.reader(evidence.file_key)


def trail_of(task: Task) -> list[AuditEntry]:
    """Return what people of the agency did in the task's mall since the day before it opened, newest first, at most 50."""
    with inside(task.tenant):
        rows = AuditEntry.objects.filter(actor_kind="agency", at__gte=task.opens_at - TRAIL_BEFORE)
        return list(rows.exclude(action__in=NO_WORK).order_by("-at", "-pk")[:50])


@transaction.atomic
def _written(task: str, kind: str, fields: dict[str, Any], *, by: Actor, now: datetime) -> Evidence:
    found = locked_one(Task.objects.filter(public_id=task).select_related("tenant"))
    _refuse_closed(found)
    if found.evidence.count() >= MOST_PIECES:
        raise EvidenceRefused(_("A task has at most %(most)s pieces of evidence.") % {"most": MOST_PIECES})
    row = Evidence.objects.create(
        task=found, kind=kind, added_at=now, added_by=by.name[:160], is_late=now > found.due_at, **fields
    )
    words = (
        gettext_lazy("Kept late as evidence: %(kind)s") if row.is_late else gettext_lazy("Kept as evidence: %(kind)s")
    )
    _note(found, "work.evidence", phrase(words, kind=Evidence.Kind(kind).label), by=by, now=now)
    return row


def _refuse_closed(task: Task) -> None:
    if task.state in (Task.State.CANCELLED, Task.State.EXCUSED):
        raise EvidenceRefused(_("This task was not to be done any more. It takes no evidence."))


def _address(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or len(text) > 500:
        raise EvidenceRefused(_("Give the whole address, beginning with https://."), field="url")
    return text.strip()


def _entry(task: Task, entry: int | None) -> dict[str, Any]:
    row = next((one for one in trail_of(task) if one.pk == entry), None)
    if row is None:
        raise EvidenceRefused(_("Choose one of the entries of the mall’s trail."), field="entry")
    return {
        "entry": row.pk, "at": row.at.isoformat(), "action": row.action, "actor": row.actor_name, "summary": row.summary,
        "subject": [row.subject_kind, row.subject_id], "said": row.data.get("said"),
    }  # fmt: skip


def _note(task: Task, action: str, words: Words, *, by: Actor, now: datetime) -> None:
    audit.record(
        action=action, subject=("task", task.public_id), summary=told(task, words), by=by, now=now,
        mall=task.tenant.public_id, clause=task.clause, contract=task.contract,
    )  # fmt: skip
