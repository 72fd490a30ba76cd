"""
Fetches a picture from an address that somebody else wrote, without becoming their way into our network.

Each call is `saas.kernel.outgoing`'s, which connects to public addresses only and to the one that it checked, so that a second
answer of the name service cannot lead elsewhere. Each redirect is a call of its own, checked anew.
"""

import io
import time
from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from saas.kernel import outgoing
from saas.kernel.errors import DomainError

HEADERS = {"Accept": "image/*", "User-Agent": "Hutong picture import"}
REDIRECTS = (301, 302, 303, 307, 308)
FORMATS = {"AVIF": "avif", "GIF": "gif", "JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


@dataclass(frozen=True)
class Limits:
    """How much a fetch may take; `seconds` is for all of it, redirects included."""

    seconds: float = 20
    connect_seconds: float = 5
    bytes: int = 15 * 1024 * 1024
    pixels: int = 50_000_000
    redirects: int = 3


@dataclass(frozen=True)
class Fetched:
    """A picture's bytes and what they are: `extension` by their content, never by their name."""

    content: bytes
    extension: str
    width: int
    height: int


class PictureRefused(DomainError):
    """The picture could not be fetched or is none. `is_host_down`: the host did not answer at all."""

    code = "picture_refused"

    def __init__(self, message: object, *, is_host_down: bool = False) -> None:
        super().__init__(message)
        self.is_host_down = is_host_down


def fetch(url: str, limits: Limits | None = None) -> Fetched:
    """
    Fetch a picture over HTTP and look at it. Never inside a transaction.

    :raises PictureRefused: no answer in time, an address that is not public, too large, or no picture
    """
    limits = limits or Limits()
    deadline = time.monotonic() + limits.seconds
    for _hop in range(limits.redirects + 1):
        answer = _get(url, deadline, limits)
        if answer.status not in REDIRECTS or not answer.location:
            break
        url = urljoin(url, answer.location)
    else:
        raise PictureRefused(_("The address leads from one to another too often."))
    if answer.status != 200:
        raise PictureRefused(_("The host answered with %(status)d.") % {"status": answer.status})
    return inspect(answer.body, limits)


def _get(url: str, deadline: float, limits: Limits) -> outgoing.Answer:
    """Ask one host, within what is left of the time."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise _too_slow()
    within = outgoing.Limits(seconds=left, connect_seconds=limits.connect_seconds, bytes=limits.bytes)
    request = outgoing.Call(url, headers=HEADERS)
    try:
        return outgoing.call(request, let_through=settings.PICTURE_HOSTS, limits=within)
    except outgoing.WrongAddress as refusal:
        raise PictureRefused(str(refusal)) from refusal
    except outgoing.NotSent as refusal:
        raise PictureRefused(str(refusal), is_host_down=True) from refusal
    except outgoing.TooLarge as refusal:
        raise PictureRefused(
            _("The picture is larger than %(size)d MB.") % {"size": limits.bytes // 1024**2}
        ) from refusal
    except outgoing.NoAnswer as refusal:
        if time.monotonic() >= deadline:
            raise _too_slow() from refusal
        is_down = isinstance(refusal.__cause__, OSError)
        raise PictureRefused(_("The host did not answer as it should."), is_host_down=is_down) from refusal


def _too_slow() -> PictureRefused:
    return PictureRefused(_("The host took too long."), is_host_down=True)


def inspect(content: bytes, limits: Limits) -> Fetched:
    """
    Look at the bytes as a picture: format and size from its header before anything is unpacked, then unpack it.

    :raises PictureRefused: no picture, a format that is not shown on pages, or too many pixels
    """
    try:
        with Image.open(io.BytesIO(content), formats=list(FORMATS)) as image:
            if image.width * image.height > limits.pixels:
                raise PictureRefused(
                    _("The picture has more than %(count)d million pixels.") % {"count": limits.pixels // 1_000_000}
                )
            kind, width, height = str(image.format), image.width, image.height
            image.draft("RGB", (64, 64))
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureRefused(
            _("What the address holds is no picture that can be shown (AVIF, GIF, JPEG, PNG, WebP).")
        ) from error
    return Fetched(content, FORMATS[kind], width, height)
