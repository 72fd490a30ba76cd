"""Finds out how a text file is written, or refuses it in words."""

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from saas.kernel.errors import DomainError

CHUNK_BYTES = 256 * 1024


class FileRefused(DomainError):
    """The file cannot be read as a table of products."""

    code = "file_refused"


@dataclass(frozen=True)
class Writing:
    """How a file is written: `encoding` for Python, `label` for people, `note` what to check (empty where certain)."""

    encoding: str
    label: str
    note: str = ""


def detect(file: BinaryIO) -> Writing:
    """
    Return the file's encoding, found by its mark or by decoding all of it; the file stands at its start afterwards.

    :raises FileRefused: empty, a workbook, or in an encoding that cannot be told
    """
    head = file.read(4)
    file.seek(0)
    if not head.strip():
        raise FileRefused(_("The file is empty."))
    if head in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}:
        raise FileRefused(_("This is an Excel workbook. Open it and save it as “CSV UTF-8”, then upload that file."))
    if head[:3] == codecs.BOM_UTF8:
        return _checked(file, Writing("utf-8-sig", "UTF-8"))
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return _checked(file, Writing("utf-16", "UTF-16"))
    if _decodes(file, "utf-8"):
        if _has_nul(file):
            raise FileRefused(_unknown())
        return Writing("utf-8", "UTF-8")
    if not _has_nul(file) and _decodes(file, "cp1252"):
        note = _(
            "The file is not UTF-8. It was read as Western European (Windows-1252): please check accents and signs below."
        )
        return Writing("cp1252", "Windows-1252", note)
    raise FileRefused(_unknown())


def _unknown() -> str:
    return _("The file's encoding cannot be told. Save it as “CSV UTF-8” in your spreadsheet and upload it again.")


def _checked(file: BinaryIO, writing: Writing) -> Writing:
    if not _decodes(file, writing.encoding):
        raise FileRefused(
            _("The file says that it is %(encoding)s, but parts of it are not. Save it again as “CSV UTF-8”.")
            % {"encoding": writing.label}
        )
    return writing


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    try:
        while chunk := file.read(CHUNK_BYTES):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    finally:
        file.seek(0)
    return True


def _has_nul(file: BinaryIO) -> bool:
    file.seek(0)
    try:
        return b"\x00" in file.read(CHUNK_BYTES)
    finally:
        file.seek(0)
