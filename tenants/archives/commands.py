"""`./hutong mall export` and `./hutong mall restore`."""

import shutil
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError

from saas.kernel import clock
from saas.kernel.actors import Actor
from tenants.isolation.addresses import mall_url
from tenants.isolation.entrance import inside
from tenants.isolation.storage import media
from tenants.longwork import terminal
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

from . import exporting, operations, restoring
from .exporting import PIECE, work_folder
from .models import MallExport


def add_arguments(verbs: Any) -> None:
    """Declare the verbs."""
    export: ArgumentParser = verbs.add_parser("export", help="write a mall into one archive: rows, media, checksums")
    export.add_argument("slug")
    export.add_argument("--to", help="write a copy to this file as well; it must not exist")
    restore: ArgumentParser = verbs.add_parser("restore", help="make a new mall from an archive")
    restore.add_argument("archive", help="a file, or the key of an archive on the media storage")
    restore.add_argument("--slug", required=True, help="the new mall's address")
    restore.add_argument(
        "--override", default="", metavar="REASON", help="bring back a mall that was erased, and say why"
    )


def export(tenant: Tenant, *, to: str | None, by: Actor, out: Any) -> None:
    """Export here and now."""
    target = Path(to) if to else None
    if target and target.exists():
        raise CommandError(f"{target} exists already. Name another file.")
    work = operations.start_export(tenant=tenant, by=by, now=clock.now())
    done = terminal.watch(work, exporting.run, out=out, export=work.public_id, force=True)
    if done.state != done.State.DONE:
        raise CommandError(done.problem or f"The export was {done.get_state_display().lower()}.")
    found = MallExport.objects.get(pk=done.pk)
    out.write(
        f"Exported {found.rows_done:,} rows and {found.files_done:,} files of {tenant.name}: {found.size_bytes:,} bytes\n"
    )
    out.write(f"  key      {found.key}\n  SHA-256  {found.sha256}\n")
    if target:
        with inside(tenant):
            source = media.reader(found.key)
        with source, target.open("xb") as file:
            shutil.copyfileobj(source, file, PIECE)
        operations.note_taken(export=found, by=by, now=clock.now())
        out.write(f"  file     {target}\n")


def restore(archive: str, *, slug: str, override: str, by: Actor, out: Any) -> None:
    """Restore here and now."""
    known = MallExport.objects.filter(key=archive, state=MallExport.State.DONE).select_related("tenant").first()
    if known is None and not Path(archive).is_file():
        raise CommandError(f"“{archive}” is neither a file nor the key of an archive.")
    with tempfile.TemporaryDirectory(dir=work_folder()) as folder:
        source: MallExport | Path | None = known
        if source is None:  # the storage takes the file that it is given
            source = Path(folder) / "archive.zip"
            shutil.copyfile(archive, source)
        work = operations.start_restore(
            source=source, slug=slug, override_reason=override, file_name=Path(archive).name, by=by, now=clock.now()
        )
    done = terminal.watch(work, restoring.run, out=out, restore=work.public_id, force=True)
    made = type(work).objects.select_related("tenant").get(pk=work.pk)
    if done.state != done.State.DONE or made.tenant is None:
        raise CommandError(done.problem or f"The restore was {done.get_state_display().lower()}.")
    out.write(
        f"Restored {made.origin_name}: {made.rows_done:,} rows, {made.files_done:,} files ({made.get_mode_display().lower()})\n"
    )
    out.write(f"  {mall_url(registry.primary_domain(made.tenant), '/')}\n")
