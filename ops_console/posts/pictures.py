"""Pictures of posts: made anew as small JPEGs, so that what is published holds no program and no place where it was taken."""

import io

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from saas.kernel.ids import random_id

from .refusals import ContentRefused

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 1600
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "AVIF"]


def made_small(content: bytes) -> bytes:
    """
    Return a picture as a JPEG of at most 1,600 pixels on its longer side, without what cameras add.

    :raises ContentRefused: no picture, or too large
    """
    if len(content) > MOST_BYTES:
        raise ContentRefused(_("The picture is larger than 15 MB. Choose a smaller one."))
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ContentRefused(_("The picture has more than 50 million pixels. Choose a smaller one."))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ContentRefused(_("This file is no picture that can be shown (AVIF, GIF, JPEG, PNG, WebP).")) from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    written = io.BytesIO()
    upright.save(written, "JPEG", quality=85, optimize=True)
    return written.getvalue()


def keep(content: bytes) -> str:
    """
    Store a picture among the platform's files and return its key. What a rolled back transaction leaves behind is nobody's.

    :raises ContentRefused: see `made_small`
    """
    return str(default_storage.save(f"posts/{random_id(20)}.jpg", ContentFile(made_small(content))))


def read(key: str) -> bytes:
    """Return the bytes of a post's picture; nothing where there is none, or it is gone."""
    if not key:
        return b""
    try:
        with default_storage.open(key) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return b""


def remove(key: str) -> None:
    """Delete a post's picture; nothing happens where there is none, or it is gone."""
    if key:
        default_storage.delete(key)
