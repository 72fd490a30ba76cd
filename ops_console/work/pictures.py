"""Pictures as evidence: checked by their content, kept in the mall's own storage."""

from typing import Any, BinaryIO, cast

import filetype  # type: ignore[import-untyped]
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from saas.kernel.errors import DomainError
from saas.kernel.ids import random_id
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

MOST_BYTES = 25 * 1024 * 1024
# What a browser shows by itself, by what the content says.
PICTURES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "image/avif": "avif"}
_PROGRAMS = {"application/x-executable", "application/x-msdownload", "application/x-mach-binary", "application/x-sh"}


class EvidenceRefused(DomainError):
    """It cannot be kept as evidence; `field` names what is wrong."""

    code = "evidence_refused"


def keep(tenant: Tenant, file: UploadedFile | None, *, folder: str) -> dict[str, Any]:
    """
    Keep a picture in the mall's storage and return file_key, content_type and size_bytes. Never inside a transaction.

    :raises EvidenceRefused: none is given, it is too large, a program, or no picture that can be shown
    """
    if file is None:
        raise EvidenceRefused(_("Choose a picture."), field="file")
    if (file.size or 0) > MOST_BYTES:
        raise EvidenceRefused(_("A picture has at most 25 MB. Make it smaller and try again."), field="file")
    content_type = _picture_type(cast("BinaryIO", file.file))
    with inside(tenant):
        key = default_storage.save(f"{folder}/{random_id(20)}.{PICTURES[content_type]}", file)
    return {"file_key": key, "content_type": content_type, "size_bytes": file.size or 0}


def _picture_type(content: BinaryIO) -> str:
    content.seek(0)
    head = content.read(8192)
    content.seek(0)
    kind = filetype.guess_mime(head) or ""
    if kind in _PROGRAMS or head.startswith((b"#!", b"MZ", b"\x7fELF")):
        raise EvidenceRefused(_("This is a program, not a picture. It was not kept."), field="file")
    try:
        if kind in PICTURES:
            with Image.open(content) as picture:
                picture.verify()
            content.seek(0)
            return kind
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        pass
    raise EvidenceRefused(_("This is no picture that can be shown: JPEG, PNG, WebP, GIF or AVIF."), field="file")
