"""Making a new mall from an archive: whole, or not at all."""

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel import clock
from tenants.domains import queries as domains
from tenants.erasure import operations as erasure
from tenants.erasure import people
from tenants.isolation.entrance import inside, on_platform
from tenants.isolation.storage import media
from tenants.longwork import lease as leases
from tenants.longwork.lease import Lease
from tenants.provisioning.operations import AddressTaken
from tenants.registry import names
from tenants.registry.models import Domain, Tenant

from . import reading, rows, schemas
from .exporting import PIECE, work_folder
from .judging import Verdict, judge, judge_again
from .models import MallRestore
from .reading import Archive


def run(*, restore: str, force: bool = False) -> bool:
    """
    Carry out a restore and tell whether it was done by this call. Never inside a transaction.

    Everything is checked before anything is made. Killed at any point it is begun again from its start; what the killed try left
    behind (a mall that never opened, its schema and files) is cleared first.
    """
    lease = leases.claim(MallRestore, restore, force=force)
    return lease is not None and leases.carry_out(lease, _restore, undo=_take_back)


def _restore(lease: Lease[MallRestore]) -> None:
    _take_back(lease.work)
    with tempfile.TemporaryDirectory(dir=work_folder(), prefix="restore-") as folder:
        path = Path(folder) / "archive.zip"
        _fetch(lease, path)
        archive = reading.open_archive(path)
        with archive.zip:
            _count(lease, archive)
            lease.report(step="checking", force=True)
            reading.check_members(archive, tick=lambda _bytes: lease.report())
            verdict = judge(archive, override_reason=lease.work.override_reason)
            tenant = _register(lease, archive, verdict)
            _fill(lease, archive, tenant)
            _hang_files(lease, archive, tenant)
            _open(lease, archive, tenant, verdict)


def _fetch(lease: Lease[MallRestore], path: Path) -> None:
    """Bring the archive onto this machine's disk, where it can be read from its end."""
    lease.report(step="fetching", force=True)
    work = lease.work
    try:
        if work.key_schema == settings.PUBLIC_SCHEMA_NAME:
            with on_platform():
                source = media.reader(work.key)
        else:
            with inside(work.key_schema):
                source = media.reader(work.key)
    except FileNotFoundError as error:
        raise reading.ArchiveRefused(
            "The archive is not on the storage, or its upload broke off. Choose it again."
        ) from error
    with source, path.open("wb") as target:
        while piece := source.read(PIECE):
            target.write(piece)
            lease.report()


def _count(lease: Lease[MallRestore], archive: Archive) -> None:
    lease.work.rows_total = sum(table["rows"] for table in archive.manifest.tables.values())
    lease.work.files_total = len(archive.manifest.files)


@transaction.atomic
def _register(lease: Lease[MallRestore], archive: Archive, verdict: Verdict) -> Tenant:
    """
    Write the new mall, not open yet, and note it with the work, so that a later try finds what this one left.

    :raises AddressTaken: another mall has the address, or had it until lately
    """
    mall, work = archive.manifest.mall, lease.work
    lease.report(force=True)
    names.check_slug(work.slug)
    host = f"{work.slug}.{settings.BASE_DOMAIN}"
    if domains.rests(host, now=clock.now(), left_by=verdict.schemas):
        raise AddressTaken
    fields = {name: mall[name] for name in ("name", "trade", "currency", "time_zone", "language", "owner_email")}
    try:
        with transaction.atomic():
            tenant = Tenant.objects.create(
                schema_name=names.schema_name(),
                slug=work.slug,
                code_realm=verdict.realm if verdict.mode == MallRestore.Mode.MOVED else None,
                created_at=clock.now(),
                **fields,
            )
            Domain.objects.create(domain=host, tenant=tenant, is_primary=True)
    except IntegrityError as error:
        raise AddressTaken from error
    MallRestore.objects.filter(pk=work.pk).update(
        tenant=tenant, mode=verdict.mode, origin_schema=mall["schema_name"], origin_name=mall["name"]
    )
    work.tenant, work.mode, work.origin_schema = tenant, verdict.mode, mall["schema_name"]
    return tenant


def _fill(lease: Lease[MallRestore], archive: Archive, tenant: Tenant) -> None:
    """Make the schema as it was, load every row, then keys and triggers; all in one transaction. Roll it forward if it is older."""
    lease.report(step="rows", force=True)
    with rows.own_connection(is_snapshot=False) as raw:
        rows.run(raw, tenant.schema_name, archive.text(rows.layout.BEFORE))
        for table in archive.tables:
            done = rows.write(raw, tenant.schema_name, table, archive.pieces(f"rows/{table.name}.copy"))
            lease.count(rows=done)
        rows.set_sequences(raw, tenant.schema_name, archive.manifest.sequences)
        lease.report(step="keys", force=True)
        rows.run(raw, tenant.schema_name, archive.text(rows.layout.AFTER))
        lease.confirm(raw)
    schemas.give_role(tenant.schema_name)
    if archive.missing_migrations:
        lease.report(step="rolling forward", force=True)
        schemas.roll_forward(tenant)
    schemas.note_version(tenant)


def _hang_files(lease: Lease[MallRestore], archive: Archive, tenant: Tenant) -> None:
    """Store every file under the new mall's prefix."""
    lease.report(step="files", force=True)
    for name, member in sorted(archive.manifest.files.items()):
        with tempfile.TemporaryDirectory(dir=work_folder(), prefix="file-") as folder:
            path = Path(folder) / "file"
            with path.open("wb") as target:
                for piece in archive.pieces(member):
                    target.write(piece)
            with inside(tenant):
                media.put(f"{tenant.schema_name}/{name}", path)
        lease.count(files=1)


def _open(lease: Lease[MallRestore], archive: Archive, tenant: Tenant, verdict: Verdict) -> None:
    """Let other slices settle what changes with the move, then open the mall, take the books over, and close the work."""
    lease.report(step="opening", force=True)
    now, work = clock.now(), lease.work
    words = _("Restored from an archive of %(mall)s of %(at)s. %(mode)s")
    mode = MallRestore.Mode(verdict.mode).label
    summary = phrase(words, mall=archive.manifest.mall["name"], at=archive.taken_at, mode=mode)
    ended = people.ended_in(tenant, schemas=verdict.schemas)
    facts: dict[str, Any] = {"restore": work.public_id, "origin": work.origin_schema, "mode": str(verdict.mode)}
    with inside(tenant), transaction.atomic():
        for path in settings.MALL_RESTORED:
            import_string(path)(tenant=tenant, is_copy=verdict.mode == MallRestore.Mode.COPY, ended=ended, now=now)
        audit.record(
            action="mall.restored", subject=("mall", tenant.public_id), summary=summary, by=work.by, now=now, **facts
        )
    with transaction.atomic():
        judge_again(archive, verdict, override_reason=work.override_reason, new=tenant)
        if verdict.mode == MallRestore.Mode.MOVED:
            for path in settings.MALL_MOVED:
                import_string(path)(from_schemas=verdict.schemas, to_schema=tenant.schema_name)
        if work.override_reason:
            erasure.note_override(schemas=verdict.schemas, reason=work.override_reason, by=work.by, now=now)
        Tenant.objects.filter(pk=tenant.pk).update(status=Tenant.Status.OPEN, opened_at=now)
        audit.record(
            action="mall.restored", subject=("mall", tenant.public_id), summary=summary, by=work.by, now=now, **facts
        )
        lease.end(MallRestore.State.DONE)


def _take_back(work: MallRestore) -> None:
    """Remove what a try left behind; a mall that opened is never touched."""
    work.refresh_from_db(fields=["tenant"])
    tenant = work.tenant
    if tenant is None or tenant.status != Tenant.Status.OPENING:
        return
    with inside(tenant):
        media.remove_all()
    with transaction.atomic():
        schemas.remove(tenant.schema_name)
        MallRestore.objects.filter(pk=work.pk).update(tenant=None, mode="")
        tenant.delete()
    work.tenant = None
