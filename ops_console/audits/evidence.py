"""Evidence of stages: texts, and pictures in the mall's own storage."""

from datetime import datetime
from typing import BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from ops_console.work import pictures
from ops_console.work.pictures import EvidenceRefused
from saas.accounts.models import User
from saas.kernel.locking import locked_one
from tenants.isolation.entrance import inside
from tenants.isolation.storage import media

from .models import AuditCase, StageEvidence
from .refusals import CaseOver

FOLDER = "audits"
MOST_PIECES = 60


def add_picture(*, case: str, stage: str, file: UploadedFile | None, person: User, now: datetime) -> StageEvidence:
    """
    Keep a picture with a stage. Never inside a transaction: the file goes into the mall's storage first. Locks: AuditCase.

    :raises EvidenceRefused: no picture, too large, a program, or too many pieces
    :raises CaseOver: the deal has ended
    """
    found = AuditCase.objects.select_related("tenant").get(public_id=case)
    kept = pictures.keep(found.tenant, file, folder=f"{FOLDER}/{found.public_id}")
    try:
        return _write(case, stage, person, now=now, kind=StageEvidence.Kind.PICTURE, **kept)
    except BaseException:
        with inside(found.tenant):
            media.delete(kept["file_key"])
        raise


def add_text(*, case: str, stage: str, text: str, person: User, now: datetime) -> StageEvidence:
    """
    Keep a text with a stage. Locks: AuditCase.

    :raises EvidenceRefused: it says nothing, or there are too many pieces
    :raises CaseOver: the deal has ended
    """
    if len(text.strip()) < 3:
        raise EvidenceRefused(_("Write what was found."), field="text")
    return _write(case, stage, person, now=now, kind=StageEvidence.Kind.TEXT, text=text.strip()[:4000])


def opened(piece: StageEvidence) -> BinaryIO:
    """
    Open a picture for reading.

    :raises FileNotFoundError: it is gone
    """
    with inside(piece.case.tenant):
        return media.reader(piece.file_key)


@transaction.atomic
def _write(case: str, stage: str, person: User, *, now: datetime, **fields: object) -> StageEvidence:
    held = locked_one(AuditCase.objects.filter(public_id=case))
    if held.state == AuditCase.State.CLOSED:
        raise CaseOver
    if held.evidence.count() >= MOST_PIECES:
        raise EvidenceRefused(_("A deal has at most %(most)s pieces of evidence.") % {"most": MOST_PIECES})
    row = held.stages.get(key=stage)
    return StageEvidence.objects.create(
        case=held, stage=row.key, added_by=person, added_name=person.get_full_name()[:160], added_at=now, **fields
    )
