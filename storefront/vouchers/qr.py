"""
The QR code of a voucher.

It holds an address of the mall's counter with the code behind a “#”. Any phone's camera leads staff to the counter, whose
script takes the code from there; what follows a “#” is never sent to a server, so the code stays out of every log (A2).
"""

import io

import segno
from django.utils.safestring import SafeString, mark_safe

from .codes import bare_code_for
from .models import Voucher

COUNTER_PATH = "/counter/"


def content_for(voucher: Voucher, *, mall_address: str) -> str:
    """Return what the QR code says; `mall_address` is the mall's absolute address without path ("https://riverside.example")."""
    return f"{mall_address.rstrip('/')}{COUNTER_PATH}#{bare_code_for(voucher)}"


def as_svg(content: str) -> SafeString:
    """Draw the content as SVG to stand inside a page: black on the ground it stands on, which must be white."""
    return mark_safe(_make(content).svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None))  # noqa: S308 - drawn here


def as_png(content: str, *, scale: int = 8) -> bytes:
    """Draw the content as PNG, for mail."""
    file = io.BytesIO()
    _make(content).save(file, kind="png", scale=scale, border=4)
    return file.getvalue()


def _make(content: str) -> segno.QRCode:
    return segno.make_qr(content, error="m")
