"""Writes of imports: upload, preview, apply in batches, finish."""

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, cast

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from storefront.catalog.models import CatalogImport
from tenants.isolation.current import mall

from . import applying, drafts, preview
from .decoding import FileRefused
from .drafts import Draft
from .reading import MAXIMUM_BYTES, open_sheet

State = CatalogImport.State
BATCH_ROWS = 500
BATCHES_A_RUN = 10


class ImportNotReady(DomainError):
    """The import is in another state than the act needs."""

    code = "import_not_ready"
    message = _("This import cannot be applied now. Look at its page to see where it stands.")


class FileTooLarge(DomainError):
    """The file is larger than an import may be."""

    code = "file_too_large"
    message = _("The file is larger than 50 MB. Split it and import the parts one after the other.")


@transaction.atomic
def upload(*, file: "File[bytes]", file_name: str, by: Actor, now: datetime) -> CatalogImport:
    """
    Keep the file and have it read into a preview in the background. Nothing of the catalogue changes.

    :raises FileTooLarge: over 50 MB
    """
    if file.size > MAXIMUM_BYTES:
        raise FileTooLarge
    started = CatalogImport(file_name=file_name[-200:], started_by=by.name, created_at=now, progressed_at=now)
    started.file.save(f"{started.public_id}.csv", file, save=False)
    started.save()
    audit.record(
        action="catalog.import_uploaded",
        subject=("import", started.public_id),
        summary=phrase(_("Uploaded %(file)s to import"), file=started.file_name[:120]),
        by=by,
        now=now,
    )
    enqueue("storefront.catalog.read_import", import_id=started.public_id)
    return started


def read(*, import_id: str, now: datetime) -> CatalogImport:
    """
    Read the file into the preview, or refuse it in words. Repeated it changes nothing.

    Not in a transaction: reading a large file takes longer than one may last; what it finds is written in one.
    """
    found = CatalogImport.objects.get(public_id=import_id)
    if found.state != State.READING:
        return found
    try:
        with found.file.open("rb") as file:
            result = preview.read(cast("BinaryIO", file), currency=mall().currency)
        if not result.facts["products_new"] and not result.facts["products_known"] and not result.lines:
            raise FileRefused(_("The file has a header and no products."))
    except DomainError as error:
        return _end_reading(import_id=import_id, refusal=str(error), result=preview.Preview(), now=now)
    return _end_reading(import_id=import_id, refusal="", result=result, now=now)


@transaction.atomic
def _end_reading(*, import_id: str, refusal: str, result: preview.Preview, now: datetime) -> CatalogImport:
    found = locked_one(CatalogImport.objects.filter(public_id=import_id))
    if found.state != State.READING:
        return found
    found.state = State.REFUSED if refusal else State.READY
    found.refusal = refusal[:500]
    found.preview, found.rows_total, found.progressed_at = result.facts, result.rows_total, now
    found.finished_at = now if refusal else None
    found.save()
    found.lines.all().delete()
    applying.write_lines(found, result.lines)
    return found


@transaction.atomic
def start(*, import_id: str, by: Actor, now: datetime) -> CatalogImport:
    """
    Begin to apply a read file, in the background. A second click changes nothing.

    Locks: CatalogImport.

    :raises ImportNotReady: not read yet, or refused
    """
    found = locked_one(CatalogImport.objects.filter(public_id=import_id))
    if found.state in (State.APPLYING, State.FETCHING, State.DONE):
        return found
    if found.state != State.READY:
        raise ImportNotReady
    found.state, found.progressed_at = State.APPLYING, now
    found.save(update_fields=["state", "progressed_at"])
    found.lines.all().delete()
    audit.record(
        action="catalog.import_started",
        subject=("import", found.public_id),
        summary=phrase(_("Started to import %(file)s"), file=found.file_name[:120]),
        by=by,
        now=now,
    )
    enqueue("storefront.catalog.apply_import", import_id=found.public_id)
    return found


@transaction.atomic
def resume(*, import_id: str, by: Actor, now: datetime) -> CatalogImport:
    """
    Wake an import whose task was lost; it goes on behind the last committed row.

    Locks: CatalogImport.

    :raises ImportNotReady: nothing is under way
    """
    found = locked_one(CatalogImport.objects.filter(public_id=import_id))
    names = {State.READING: "read_import", State.APPLYING: "apply_import", State.FETCHING: "fetch_pictures"}
    if not found.is_under_way:
        raise ImportNotReady
    found.progressed_at = now
    found.save(update_fields=["progressed_at"])
    audit.record(
        action="catalog.import_resumed",
        subject=("import", found.public_id),
        summary=phrase(_("Resumed the import of %(file)s"), file=found.file_name[:120]),
        by=by,
        now=now,
    )
    enqueue(f"storefront.catalog.{names[State(found.state)]}", import_id=found.public_id)
    return found


def apply_some(*, import_id: str, now: datetime) -> bool:
    """
    Write the next batches of a started import, each in its own transaction; return whether there is more.

    Interrupted it goes on behind the last committed batch. Two at once: one of them stops.
    """
    found = CatalogImport.objects.get(public_id=import_id)
    if found.state != State.APPLYING:
        return False
    with found.file.open("rb") as file:
        sheet = open_sheet(cast("BinaryIO", file))
        todo = _batches(drafts.drafts(sheet, currency=mall().currency), skip_rows=found.rows_done)
        done = found.rows_done
        for batch in itertools.islice(todo, BATCHES_A_RUN):
            if not _apply_batch(import_id=import_id, batch=batch, rows_before=done, now=now):
                return False
            done += sum(draft.rows for draft in batch)
        if next(todo, None) is not None:
            return True
    finish_rows(import_id=import_id, now=now)
    return False


def _batches(found: Iterator[Draft], *, skip_rows: int) -> Iterator[list[Draft]]:
    batch: list[Draft] = []
    seen = rows = 0
    for draft in found:
        seen += draft.rows
        if seen <= skip_rows:
            continue
        batch.append(draft)
        rows += draft.rows
        if rows >= BATCH_ROWS:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


@transaction.atomic
def _apply_batch(*, import_id: str, batch: list[Draft], rows_before: int, now: datetime) -> bool:
    """Write one batch and count its rows in one transaction. Locks: CatalogImport. False: another task was here."""
    found = locked_one(CatalogImport.objects.filter(public_id=import_id))
    if found.state != State.APPLYING or found.rows_done != rows_before:
        return False
    applying.write(batch, of=found, now=now)
    found.rows_done = rows_before + sum(draft.rows for draft in batch)
    found.progressed_at = now
    found.save(update_fields=["rows_done", "progressed_at"])
    return True


@transaction.atomic
def finish_rows(*, import_id: str, now: datetime) -> CatalogImport:
    """End the rows of an import: go on with its pictures, or be done. Locks: CatalogImport."""
    found = locked_one(CatalogImport.objects.filter(public_id=import_id))
    if found.state != State.APPLYING:
        return found
    found.pictures_total = found.pictures.filter(image=None, problem="").count()
    found.state = State.FETCHING if found.pictures_total else State.DONE
    found.progressed_at = now
    found.finished_at = None if found.pictures_total else now
    found.save()
    summary = phrase(_("Rows imported of %(file)s: %(count)d"), file=found.file_name[:120], count=found.rows_done)
    audit.record(action="catalog.imported", subject=("import", found.public_id), summary=summary, by=SYSTEM, now=now)
    if found.pictures_total:
        enqueue("storefront.catalog.fetch_pictures", import_id=found.public_id)
    return found
