"""Makes the renditions of pictures, and brings pictures in."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from saas.kernel.tasks import enqueue

from . import queries
from .models import MallImage, MallRendition
from .sizes import LOGO_SPEC, photo_specs

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drawing:
    """A picture of the product's own: its file, its size in pixels, what stands under it and what it shows."""

    path: Path
    width: int
    height: int
    title: str
    description: str


def make_renditions(*, image_ids: Iterable[int]) -> int:
    """
    Make what is missing of the pictures' renditions and return how many were made. Repeated it makes nothing.

    Not in a transaction: each rendition is kept as soon as it is made. A picture that cannot be read is skipped and logged.
    """
    made = 0
    for image in queries.with_renditions().filter(pk__in=list(image_ids)):
        missing = [key for key in photo_specs() if key not in queries.existing(image)]
        brought = _bring(image, missing)
        made += len(brought) + sum(_make(image, key) for key in missing if key not in brought)
    return made


def _bring(image: MallImage, wanted: Sequence[str]) -> list[str]:
    """
    Copy renditions that the product brings along for its own drawings; return their filters.

    To encode the pictures of a starter kit takes ten seconds, and they are the same in every mall.
    """
    rows = []
    for found in queries.drawn(image):
        if found.spec in wanted:
            stem = Path(str(image.file.name)).stem[:40]
            key = default_storage.save(
                f"images/{stem}.{found.path.stem}{found.path.suffix}", ContentFile(found.path.read_bytes())
            )
            rows.append(queries.rendition_of(image, found, key))
    MallRendition.objects.bulk_create(rows)
    return [row.filter_spec for row in rows]


def make_logo(*, image_id: int) -> None:
    """Make the small file of a picture that hangs as the mall's sign. Repeated it makes nothing."""
    image = queries.with_renditions().filter(pk=image_id).first()
    if image and LOGO_SPEC not in queries.existing(image):
        _make(image, LOGO_SPEC)


def _make(image: MallImage, spec: str) -> bool:
    # One filter at a time: Wagtail makes several in threads, which have no mall.
    try:
        image.get_rendition(spec)
    except (OSError, ValueError, SyntaxError) as error:
        logger.warning("the picture %s could not be made as %s: %s", image.pk, spec, error)
        return False
    return True


@transaction.atomic
def prepare(*, image_ids: Sequence[int]) -> None:
    """Have the renditions of the pictures made in the background, after the commit."""
    if image_ids:
        enqueue("cms.media.make_renditions", image_ids=list(image_ids))


@transaction.atomic
def hang(*, drawings: Sequence[Drawing], collection_id: int, now: datetime) -> list[MallImage]:
    """
    Copy drawings into the mall's media and return their rows, in the same order. Renditions are the caller's to ask for.

    When the rows cannot be written the copied files are taken away again; for a later failure there is `take_down`.
    """
    keys: list[str] = []
    try:
        rows = [_row(drawing, collection_id, keys, now) for drawing in drawings]
        with transaction.atomic():
            MallImage.objects.bulk_create(rows)
    except BaseException:
        _delete(keys)
        raise
    return rows


def take_down(*, images: Iterable[MallImage]) -> None:
    """Delete the files of pictures whose rows are about to be rolled back."""
    _delete([str(image.file.name) for image in images])


def _delete(keys: Sequence[str]) -> None:
    for key in keys:
        default_storage.delete(key)


def _row(drawing: Drawing, collection_id: int, keys: list[str], now: datetime) -> MallImage:
    content = drawing.path.read_bytes()
    keys.append(default_storage.save(f"original_images/{drawing.path.name}", ContentFile(content)))
    return MallImage(
        title=drawing.title,
        description=drawing.description,
        file=keys[-1],
        width=drawing.width,
        height=drawing.height,
        collection_id=collection_id,
        file_size=len(content),
        file_hash=hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        created_at=now,
    )
