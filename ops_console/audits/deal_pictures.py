"""The picture of a deal, for those who audit it: as it was sent, and as it was before."""

from pathlib import PurePosixPath
from typing import Any, BinaryIO

from cms.media.models import MallImage
from cms.media.sizes import spec
from ops_console.work.pictures import PICTURES
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
    Open the picture that a case's deal was sent with (`NOW`) or had before (`BEFORE`), and return it with its content type: the rendition
    that shoppers get, the whole picture where that is not made yet. Reads the mall of the case and nothing else; makes nothing.

    :raises FileNotFoundError: the deal has none, or it is gone
    """
    taken = _snapshots(case).get(which) or {}
    with inside(case.tenant):
        image = MallImage.objects.filter(pk=taken.get("picture_id")).first()
        if image is None:
            raise FileNotFoundError(f"{case.public_id} {which}")
        made: Any = image.renditions.filter(filter_spec=SPEC).order_by("-pk").first()
        key = str((made or image).file.name)
        content_type = _TYPES.get(PurePosixPath(key).suffix.lower())
        if content_type is None:
            raise FileNotFoundError(key)
        return media.reader(key), content_type


def has(case: AuditCase, which: str) -> bool:
    """Tell whether the deal was sent with a picture, or had one before."""
    return bool((_snapshots(case).get(which) or {}).get("picture_id"))


def _snapshots(case: AuditCase) -> dict[str, Snapshot | None]:
    return {NOW: case.snapshot, BEFORE: case.approved or case.before}
