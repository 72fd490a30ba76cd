"""Writing a mall into an archive: rows from one snapshot, then every file, streamed, so that memory stays small."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel import clock
from tenants.isolation.entrance import inside
from tenants.isolation.storage import media
from tenants.longwork import lease as leases
from tenants.longwork.lease import Lease
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

from . import layout, rows, schemas
from .models import MallExport

FOLDER = "archives"
PIECE = 1 << 20
_ABOUT = """This is a whole Hutong mall: structure, rows, files.

rows/       one file for each table, PostgreSQL's COPY text format: UTF-8, one line a row, values between tabs, \\N for none.
            The columns of each table stand in manifest.json.
files/      every picture and document.
structure/  the tables' own SQL.

Passwords are sealed; sessions and tokens are not in it. `./hutong mall restore FILE --slug NAME` makes a new mall from it.
"""


class _Writer:
    """A ZIP file that is written once, from its start to its end, with the checksum of each member."""

    def __init__(self, file: BinaryIO, manifest: layout.Manifest) -> None:
        self.zip = zipfile.ZipFile(file, "w", allowZip64=True)
        self.manifest = manifest

    def add(self, name: str, pieces: Iterable[bytes], *, is_packed: bool = True) -> None:
        """Write a member from pieces."""
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
        with self.zip.open(info, "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
                digest.update(piece)
                size += len(piece)
        self.manifest.members[name] = {"bytes": size, "sha256": digest.hexdigest()}

    def abandon(self) -> None:
        """Leave the file as it is; closing would write the table of contents of half an archive."""
        self.zip.fp = None

    def finish(self) -> None:
        """Write the manifest and its signature."""
        text = json.dumps(self.manifest.as_dict(), indent=1, sort_keys=True).encode()
        self.zip.writestr(layout.MANIFEST, text, zipfile.ZIP_DEFLATED)
        self.zip.writestr(layout.SIGNATURE, layout.sign(text))
        self.zip.close()


def run(*, export: str, force: bool = False) -> bool:
    """
    Carry out an export and tell whether it was done by this call. Never inside a transaction.

    Killed at any point it is begun again from its start; until it is whole there is no archive. A full disk, a mall that is gone
    and a person who cancels end it with a reason.
    """
    lease = leases.claim(MallExport, export, force=force)
    return lease is not None and leases.carry_out(lease, _export, undo=_take_back)


def work_folder() -> Path:
    """Return the folder on this machine where archives are put together, and taken apart."""
    folder = Path(settings.ARCHIVE_WORK_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _take_back(work: MallExport) -> None:
    """Remove an archive that a killed try had stored and not noted."""
    with inside(work.tenant):
        for key in [key for key, _size in media.listing() if key.startswith(f"{work.tenant.schema_name}/{FOLDER}/")]:
            if key.endswith(_ending(work)):
                media.delete(key)


def _ending(work: MallExport) -> str:
    return f"-{work.public_id}.zip"


def _export(lease: Lease[MallExport]) -> None:
    tenant = lease.work.tenant
    _take_back(lease.work)
    with tempfile.NamedTemporaryFile(dir=work_folder(), prefix=f"{tenant.schema_name}-", suffix=".zip") as file:
        taken_at = _write(lease, tenant, file)
        lease.report(step="storing", force=True)
        size, digest = file.tell(), _digest(file)
        key = f"{tenant.schema_name}/{FOLDER}/{tenant.slug}-{taken_at:%Y%m%d-%H%M%S}{_ending(lease.work)}"
        _store(tenant, key, Path(file.name))
        try:
            _finish(lease, key=key, size_bytes=size, sha256=digest, taken_at=taken_at)
        except leases.Lost:
            with inside(tenant):
                media.delete(key)
            raise


def _store(tenant: Tenant, key: str, path: Path) -> None:
    # The storage may take the file away; what the temporary file's end deletes is a second name of it.
    second = path.with_suffix(".stored")
    second.hardlink_to(path)
    try:
        with inside(tenant):
            media.put(key, second)
    finally:
        second.unlink(missing_ok=True)


def _write(lease: Lease[MallExport], tenant: Tenant, file: Any) -> datetime:
    """Write the whole archive into a file and return the instant of its rows; the snapshot ends before the files are read."""
    taken_at, writer = _write_snapshot(lease, tenant, file)
    try:
        _write_files(lease, tenant, writer)
        writer.finish()
    except BaseException:
        writer.abandon()
        raise
    file.flush()
    return taken_at


def _write_snapshot(lease: Lease[MallExport], tenant: Tenant, file: Any) -> tuple[datetime, _Writer]:
    lease.report(step="structure", force=True)
    with rows.snapshot(tenant.schema_name) as (raw, seen_as):
        before, after = rows.structure(raw, tenant.schema_name, seen_as=seen_as)
        row = raw.execute("SELECT pg_catalog.now()").fetchone()
        taken_at: datetime = row[0] if row else clock.now()
        manifest = _manifest(tenant, taken_at, raw)
        writer = _Writer(file, manifest)
        try:
            writer.add(layout.README, [_ABOUT.encode()])
            writer.add(layout.BEFORE, [before.encode()])
            writer.add(layout.AFTER, [after.encode()])
            _write_rows(lease, tenant, raw, writer)
            manifest.sequences = rows.sequences(raw, tenant.schema_name)
        except BaseException:
            writer.abandon()
            raise
    return taken_at, writer


def _manifest(tenant: Tenant, taken_at: datetime, raw: Any) -> layout.Manifest:
    names = ("public_id", "name", "slug", "trade", "currency", "time_zone", "language", "owner_email", "schema_name")
    applied = rows.applied(raw, tenant.schema_name)
    return layout.Manifest(
        taken_at=taken_at.isoformat(),
        mall={name: getattr(tenant, name) for name in names}
        | {"code_realm": tenant.realm, "domain": registry.primary_domain(tenant)},
        product=settings.PRODUCT_VERSION,
        fingerprint=schemas.current_fingerprint(),
        migrations=applied,
        installation=layout.installation(),
    )


def _write_rows(lease: Lease[MallExport], tenant: Tenant, raw: Any, writer: _Writer) -> None:
    wanted = [table for table in rows.tables(raw, tenant.schema_name) if table.name not in layout.LEFT_OUT]
    counts = {table.name: rows.count(raw, tenant.schema_name, table.name) for table in wanted}
    with inside(tenant):
        lease.work.files_total = sum(1 for _key in _media(tenant))
    lease.work.rows_total = sum(counts.values())
    lease.report(step="rows", force=True)
    for table in wanted:
        done = 0

        def lines(table: rows.Table = table) -> Iterator[bytes]:
            nonlocal done
            for line in rows.read(raw, tenant.schema_name, table):
                done += 1
                lease.count(rows=1)
                yield line

        writer.add(f"rows/{table.name}.copy", lines())
        writer.manifest.tables[table.name] = {"rows": done, "columns": table.columns}


def _media(tenant: Tenant) -> Iterator[str]:
    """Yield the keys of the mall's media: everything under its prefix but its archives. Inside the mall."""
    for key, _size in media.listing():
        if not key.startswith(f"{tenant.schema_name}/{FOLDER}/"):
            yield key


def _write_files(lease: Lease[MallExport], tenant: Tenant, writer: _Writer) -> None:
    lease.report(step="files", force=True)
    with inside(tenant):
        found = sorted(_media(tenant))
    for key in found:
        name = key.removeprefix(f"{tenant.schema_name}/")
        try:
            with inside(tenant):
                file = media.reader(key)
        except FileNotFoundError:  # deleted since it was listed, after the rows were read
            continue
        with file:
            writer.add(f"files/{name}", iter(partial(file.read, PIECE), b""), is_packed=False)
        writer.manifest.files[name] = f"files/{name}"
        lease.count(files=1)


def _digest(file: Any) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


@transaction.atomic
def _finish(lease: Lease[MallExport], **fields: Any) -> None:
    now, work = clock.now(), lease.work
    lease.end(MallExport.State.DONE, expires_at=now + timedelta(days=settings.ARCHIVE_DAYS), **fields)
    audit.record(
        action="mall.exported",
        subject=("mall", work.tenant.public_id),
        summary=phrase(_("Exported. Rows: %(rows)d, files: %(files)d"), rows=work.rows_done, files=work.files_done),
        by=work.by,
        now=now,
        export=work.public_id,
        sha256=fields["sha256"],
        size_bytes=fields["size_bytes"],
    )
