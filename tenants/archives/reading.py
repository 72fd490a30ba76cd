"""Opening an archive and checking all of it before anything is made from it."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from . import layout, rows, schemas
from .layout import ArchiveRefused
from .rows import Table

PIECE = 1 << 20
# No manifest of a mall is larger; a larger one is an attempt to fill the memory (A7).
MAXIMUM_MANIFEST = 256 << 20
_DAMAGED = _("This file is damaged or was cut off: it cannot be read to its end. Take another copy of the archive.")


@dataclass(frozen=True)
class Archive:
    """An archive whose signature, versions and names were found right. `check_members` has still to read it whole."""

    zip: zipfile.ZipFile
    manifest: layout.Manifest
    # Migrations that this release has and the archive has not.
    missing_migrations: frozenset[tuple[str, str]]

    @property
    def taken_at(self) -> datetime:
        """When its rows were read."""
        return datetime.fromisoformat(self.manifest.taken_at)

    @property
    def tables(self) -> list[Table]:
        """The tables that it has rows of."""
        return [Table(name, tuple(table["columns"]), ()) for name, table in sorted(self.manifest.tables.items())]

    def text(self, name: str) -> str:
        """Return a member as text."""
        return self.zip.read(name).decode()

    def column(self, table: str, name: str) -> Iterator[str]:
        """Yield one column of a table that the archive has rows of; for texts without line feeds, tabs and backslashes."""
        columns: list[str] = self.manifest.tables[table]["columns"]
        place = columns.index(name)
        for line in rows.lines(self.pieces(f"rows/{table}.copy")):
            yield line.rstrip(b"\n").split(b"\t")[place].decode()

    def pieces(self, name: str) -> Iterator[bytes]:
        """
        Yield a member's content in pieces.

        :raises ArchiveRefused: it cannot be read
        """
        try:
            with self.zip.open(name) as member:
                yield from iter(partial(member.read, PIECE), b"")
        except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError) as error:
            raise ArchiveRefused(_DAMAGED) from error


def open_archive(path: Path) -> Archive:
    """
    Open an archive; the caller closes its `zip`.

    :raises ArchiveRefused: no archive, cut off, changed, another installation's, of a newer format or release
    """
    try:
        opened = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError) as error:
        raise ArchiveRefused(
            _("This is no archive of Hutong, or it was cut off on its way. Take another copy of the file.")
        ) from error
    try:
        manifest = _manifest(opened)
        return Archive(opened, manifest, _missing(manifest))
    except BaseException:
        opened.close()
        raise


def _manifest(opened: zipfile.ZipFile) -> layout.Manifest:
    names = opened.namelist()
    if len(names) != len(set(names)):
        raise ArchiveRefused(_("This archive was changed after it was made: it has two members of one name."))
    try:
        if opened.getinfo(layout.MANIFEST).file_size > MAXIMUM_MANIFEST:
            raise ArchiveRefused(_DAMAGED)
        text, signature = opened.read(layout.MANIFEST), opened.read(layout.SIGNATURE).decode("ascii", "replace")
    except KeyError as error:
        raise ArchiveRefused(_("This is no archive of Hutong: it has no manifest or no signature.")) from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ArchiveRefused(_DAMAGED) from error
    try:
        facts: dict[str, Any] = json.loads(text)
        _check_format(facts.get("format"))
        layout.check_signature(text, signature, named=str(facts.get("installation")))
        manifest = layout.Manifest(**facts)
    except (ValueError, TypeError, AttributeError) as error:
        raise ArchiveRefused(_("This archive was changed after it was made: its manifest cannot be read.")) from error
    if set(names) != {*manifest.members, layout.MANIFEST, layout.SIGNATURE}:
        raise ArchiveRefused(
            _("This archive was changed after it was made: its members are not those of its manifest.")
        )
    return manifest


def _check_format(version: object) -> None:
    if isinstance(version, int) and version > layout.FORMAT:
        raise ArchiveRefused(
            _(
                "This archive was made by a newer release of Hutong (format %(theirs)d, known here up to %(ours)d). Update first."
            )
            % {"theirs": version, "ours": layout.FORMAT}
        )


def _missing(manifest: layout.Manifest) -> frozenset[tuple[str, str]]:
    """Return this release's migrations that the archive has not; refuse when the archive has some that this release has not."""
    theirs = {(app, name) for app, name in manifest.migrations}
    known, ours = schemas.migrations()
    if newer := sorted(theirs - known):
        raise ArchiveRefused(
            _(
                "This archive was made by a newer release of Hutong (%(release)s): %(first)s is not known here. Update first."
            )
            % {"release": manifest.product, "first": ".".join(newer[0])}
        )
    return frozenset(ours - theirs)


def check_members(archive: Archive, *, tick: Any) -> None:
    """
    Read every member and compare size and checksum; `tick(bytes)` is called as it goes on. Nothing is unpacked to disk.

    :raises ArchiveRefused: a member is damaged or was changed
    """
    for name, wanted in archive.manifest.members.items():
        digest, size = hashlib.sha256(), 0
        for piece in archive.pieces(name):
            digest.update(piece)
            size += len(piece)
            tick(len(piece))
            if size > wanted["bytes"]:
                break
        if size != wanted["bytes"] or digest.hexdigest() != wanted["sha256"]:
            raise ArchiveRefused(
                _(
                    "This archive was changed or damaged: the checksum of “%(name)s” does not fit. Take an untouched copy."
                )
                % {"name": name}
            )
