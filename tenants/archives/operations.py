"""Asking for exports and restores, stopping them, and removing archives whose time is over."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from tenants.erasure import queries as erasures
from tenants.isolation.entrance import inside, on_platform
from tenants.isolation.storage import media
from tenants.longwork import lease as leases
from tenants.longwork import trail
from tenants.longwork.models import LongWork
from tenants.provisioning.operations import AddressTaken
from tenants.registry import names
from tenants.registry.models import Domain, Tenant

from . import queries
from .models import MallExport, MallRestore

FOLDER = "restores"


class ExportUnderWay(DomainError):
    """The mall is being exported already."""

    code = "export_under_way"
    message = _("An export of this mall is under way. Wait for it, or cancel it.")


class NotServed(DomainError):
    """The mall is not open (or suspended), so it has nothing that could be written."""

    code = "mall_not_served"
    message = _("This mall is not open, so it cannot be exported.")


class TooManyExports(DomainError):
    """Each archive takes the space of the mall; a few a day are enough."""

    code = "too_many_exports"
    message = _("This mall was exported several times today. Download one of those archives, or come back tomorrow.")


MAXIMUM_A_DAY = 6


def start_export(*, tenant: Tenant, by: Actor, now: datetime) -> MallExport:
    """
    Ask for an archive of a mall and return the work, which a background process carries out. From the platform or inside the mall.

    Locks: Tenant, so that of two who ask at once the second sees the first.

    :raises ExportUnderWay: there is one already
    :raises NotServed: the mall is opening or closed
    :raises TooManyExports: there were `MAXIMUM_A_DAY` today
    """
    with on_platform(), transaction.atomic():
        row = locked_one(Tenant.objects.filter(pk=tenant.pk))
        if row.status not in (Tenant.Status.OPEN, Tenant.Status.SUSPENDED):
            raise NotServed
        today = MallExport.objects.filter(tenant=tenant, state=LongWork.State.DONE, asked_at__date=now.date())
        if today.count() >= MAXIMUM_A_DAY:
            raise TooManyExports
        try:
            with transaction.atomic():
                made = MallExport.objects.create(tenant=tenant, asked_at=now, **_who(by))
        except IntegrityError as error:
            raise ExportUnderWay from error
        trail.note(
            tenant=tenant,
            action="mall.export_asked",
            summary=phrase(_("Asked for an archive of the mall")),
            by=by,
            now=now,
        )
        enqueue("tenants.archives.export", schema=settings.PUBLIC_SCHEMA_NAME, export=made.public_id)
        return made


def start_restore(
    *, source: MallExport | Path, slug: str, override_reason: str, file_name: str, by: Actor, now: datetime
) -> MallRestore:
    """
    Ask for a new mall at `slug` from an archive: one on the storage, or a local file, which is taken onto the storage first.

    Whether the archive is good is checked by the work, before anything is made. The row is there before the upload, so that one
    that a dead process left is removed with it; while it goes on nobody begins the work. Never inside a transaction.

    :raises AddressRefused: the address cannot be a mall's
    :raises AddressTaken: another mall has it
    """
    names.check_slug(slug)
    if (
        Domain.objects.filter(domain=f"{slug}.{settings.BASE_DOMAIN}").exists()
        or Tenant.objects.filter(slug=slug).exists()
    ):
        raise AddressTaken
    identity, schema = public_id(), settings.PUBLIC_SCHEMA_NAME
    made = MallRestore(
        public_id=identity, key_schema=schema, key=f"{schema}/{FOLDER}/{identity}.zip", slug=slug, asked_at=now,
        file_name=re.sub(r"[^\w.\- ]", "_", file_name)[-200:], override_reason=override_reason, **_who(by),
    )  # fmt: skip
    if isinstance(source, MallExport):
        made.key_schema, made.key = source.tenant.schema_name, source.key
        _note_restore(made, by=by, now=now)
    else:
        _upload(made, source, by=by, now=now)
    if made.is_under_way:
        enqueue("tenants.archives.restore", schema=schema, restore=identity)
    return made


@transaction.atomic
def _note_restore(made: MallRestore, *, by: Actor, now: datetime) -> None:
    made.save()
    summary = phrase(_("Asked for a mall at %(address)s from %(file)s"), address=made.slug, file=made.file_name)
    audit.record(action="mall.restore_asked", subject=("restore", made.public_id), summary=summary, by=by, now=now)


def _upload(made: MallRestore, source: Path, *, by: Actor, now: datetime) -> None:
    """Note the restore and bring the file onto the storage; a storage that fails ends it with a reason. Repeatable by asking anew."""
    presence = leases.presence_of(MallRestore, made.public_id)
    presence.take()
    try:
        _note_restore(made, by=by, now=now)
        try:
            with on_platform():
                media.put(made.key, source)
        except BaseException as error:
            made.state, made.ended_at = LongWork.State.FAILED, now
            made.problem = leases.said(error) if isinstance(error, OSError) else str(_("The upload failed."))
            made.save(update_fields=["state", "ended_at", "problem"])
            if not isinstance(error, OSError):
                raise
    finally:
        presence.let_go()


def _who(by: Actor) -> dict[str, Any]:
    return {"by_kind": by.kind, "by_id": by.public_id, "by_name": by.name[:160]}


@transaction.atomic
def cancel(*, work: MallExport | MallRestore, by: Actor, now: datetime) -> None:
    """Stop an export or a restore that waits or runs; it leaves nothing behind. Repeated it changes nothing."""
    if leases.ask_to_stop(type(work), work.public_id):
        kind = "export" if isinstance(work, MallExport) else "restore"
        audit.record(
            action=f"mall.{kind}_cancelled",
            subject=(kind, work.public_id),
            summary=_("Cancelled the export") if kind == "export" else _("Cancelled the restore"),
            by=by,
            now=now,
        )


def stop_exports(*, tenant: Tenant, now: datetime) -> None:
    """End a mall's exports, waiting and running: a process that is at one finds its lease lost and stores nothing."""
    under_way = MallExport.objects.filter(tenant=tenant, state__in=LongWork.UNDER_WAY)
    under_way.update(state=LongWork.State.CANCELLED, ended_at=now)


def remove_archive(*, export: MallExport, by: Actor, now: datetime) -> None:
    """Delete an archive from the storage and note who did it. Repeated it changes nothing. Not inside a transaction."""
    if not export.key or export.removed_at is not None:
        return
    with inside(export.tenant):
        media.delete(export.key)
    with transaction.atomic():
        if not MallExport.objects.filter(pk=export.pk, removed_at__isnull=True).update(removed_at=now):
            return
        summary = phrase(_("Removed the archive of %(at)s"), at=export.asked_at)
        trail.note(tenant=export.tenant, action="mall.archive_removed", summary=summary, by=by, now=now)


@transaction.atomic
def note_taken(*, export: MallExport, by: Actor, now: datetime) -> None:
    """Note that somebody took an archive off the storage, which the mall's erasure empties. On the platform."""
    trail.note(
        tenant=export.tenant,
        action=queries.TAKEN,
        summary=phrase(_("Downloaded the archive of %(at)s"), at=export.asked_at),
        by=by,
        now=now,
        export=export.public_id,
    )


def forget(*, tenant: Tenant) -> None:
    """Take names of people and of the mall out of the rows about an erased mall's archives. Inside a transaction. Repeatable."""
    exports = MallExport.objects.filter(tenant=tenant)
    exports.update(by_name="", key="", problem="")
    restores = MallRestore.objects.filter(Q(tenant=tenant) | Q(origin_schema=tenant.schema_name))
    restores.update(by_name="", origin_name="", override_reason="", problem="")
    MallRestore.objects.filter(tenant=tenant).update(slug=tenant.slug)
    # An upload's own key stays until the upload is gone: the next `remove_expired` deletes both.
    MallRestore.objects.filter(key_schema=tenant.schema_name).update(key="", file_name="", by_name="")
    restores.update(file_name="")


def remove_expired(*, now: datetime) -> int:
    """
    Delete the archives whose time is over, and uploads of restores that have ended; return how many archives went. Those of a mall
    that waits to move stay.
    """
    over = list(
        MallExport.objects.filter(expires_at__lte=now, removed_at__isnull=True, state=LongWork.State.DONE)
        .exclude(tenant__in=erasures.moving().values("tenant"))
        .select_related("tenant")
    )
    for export in over:
        remove_archive(export=export, by=SYSTEM, now=now)
    uploads = MallRestore.objects.filter(key_schema=settings.PUBLIC_SCHEMA_NAME).exclude(key="")
    for restore in uploads.exclude(state__in=LongWork.UNDER_WAY):
        with on_platform():
            media.delete(restore.key)
        MallRestore.objects.filter(pk=restore.pk).update(key="")
    return len(over)
