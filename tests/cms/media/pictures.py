"""Pictures for tests: made on the spot, uploaded as a merchant would."""

import io
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image

from cms.media.models import MallImage


def picture_bytes(width: int = 900, height: int = 700, kind: str = "PNG") -> bytes:
    """Return a picture of one colour with a bar, so that it has something to compress."""
    image = Image.new("RGB", (width, height), (150, 60, 40))
    image.paste((240, 200, 90), (0, 0, width // 3, height))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def stored_picture(name: str = "soup.png", **fields: Any) -> MallImage:
    """Store a picture in the current mall."""
    return MallImage.objects.create(title="Soup", file=ContentFile(picture_bytes(), name=name), **fields)
