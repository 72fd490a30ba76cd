"""The pictures of a deal and its page, for those who audit it: as they were sent, and as they were before."""

from pathlib import PurePosixPath
from typing import Any, BinaryIO

from cms.media.models import MallImage
from cms.media.sizes import spec
from ops_console.work.pictures import PICTURES
from storefront.deals.pages import FILE
from storefront.deals.snapshots import Snapshot
from tenants.isolation.entrance import inside
from tenants.isolation.storage import media

from .models import AuditCase

SPEC = spec(800, "webp")
NOW, BEFORE = "now", "before"
# By a file's ending, whatever the machine's own tables know.
_TYPES = {f".{ending}": content_type for content_type, ending in PICTURES.items()} | {".jpeg": "image/jpeg"}


def opened(case: AuditCase, which: str) -> tuple[BinaryIO, str]:
    """
    Open a picture that a case's deal was sent with (`NOW`) or had before (`BEFORE`), "now-2" for the second of its page, and return it with
    its content type: the rendition that shoppers get, the whole picture where that is not made yet. Reads the mall of the case and
    nothing else; makes nothing.

    :raises FileNotFoundError: there is none, or it is gone, or has another file than the one that is audited
    """
    wanted, file_hash = _wanted(case, which)
    with inside(case.tenant):
        image = MallImage.objects.filter(pk=wanted).first()
        if image is not None and file_hash and image.file_hash != file_hash:
            image = None
        if image is None:
            raise FileNotFoundError(f"{case.public_id} {which}")
        made: Any = image.renditions.filter(filter_spec=SPEC).order_by("-pk").first()
        key = str((made or image).file.name)
        content_type = _TYPES.get(PurePosixPath(key).suffix.lower())
        if content_type is None:
            raise FileNotFoundError(key)
        return media.reader(key), content_type


def shown(case: AuditCase, which: str, name: str) -> list[str]:
    """Return what to open of an audited field: [which], or ["which-1", …] for the pictures of the page."""
    taken = _snapshots(case).get(which) or {}
    if name == "picture_id":
        return [which] if taken.get(name) else []
    return [f"{which}-{place}" for place, _one in enumerate(taken.get(name) or [], start=1)]


def _wanted(case: AuditCase, which: str) -> tuple[int | None, str]:
    """Return the picture's id and the hash of its file, "" where that was not told."""
    side, _, place = which.partition("-")
    taken = _snapshots(case).get(side) or {}
    if not place:
        return taken.get("picture_id"), taken.get(FILE, "")
    gallery = {str(number): one for number, one in enumerate(taken.get("page_gallery") or [], start=1)}
    one = gallery.get(place, {})
    return one.get("id"), one.get("hash", "")


def _snapshots(case: AuditCase) -> dict[str, Snapshot | None]:
    return {NOW: case.snapshot, BEFORE: case.approved or case.before}
