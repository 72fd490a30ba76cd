"""Reads a QR code in one picture from a phone's camera. Pictures are small, bounded and never kept."""

import zxingcpp
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from saas.kernel.errors import DomainError

MAXIMUM_BYTES = 400 * 1024
MAXIMUM_SIDE = 1600
_FORMATS = ("JPEG", "PNG", "WEBP")


class PictureRefused(DomainError):
    """Too large, or no picture."""

    code = "picture_refused"
    message = _("That is no picture that the counter can read.")


def read(picture: UploadedFile) -> str:
    """
    Return what a QR code in the picture says, or "" when there is none.

    :raises PictureRefused: over `MAXIMUM_BYTES` or `MAXIMUM_SIDE`, or no JPEG, PNG or WebP
    """
    if not picture.size or picture.size > MAXIMUM_BYTES:
        raise PictureRefused
    try:
        with Image.open(picture, formats=_FORMATS) as image:
            # The header's word, before anything is unpacked.
            if max(image.size) > MAXIMUM_SIDE:
                raise PictureRefused
            grey = image.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PictureRefused from error
    found = zxingcpp.read_barcodes(
        grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode), text_mode=zxingcpp.TextMode.Plain
    )
    return str(found[0].text) if found else ""
