"""
Fetches a picture from an address that somebody else wrote, without becoming their way into our network.

The host's name is resolved once, every address that it stands for must be a public one, and the connection goes to the
checked address, so that a second answer of the name service cannot lead elsewhere. Each redirect is checked anew.
"""

import http.client
import io
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from saas.kernel.errors import DomainError
from saas.kernel.outside import is_public

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
        where = _checked(url)
        answer = _get(where, deadline, limits)
        if isinstance(answer, bytes):
            return inspect(answer, limits)
        url = urljoin(url, answer)
    raise PictureRefused(_("The address leads from one to another too often."))


def _checked(url: str) -> SplitResult:
    try:
        where = urlsplit(url.strip())
        port = where.port
    except ValueError as error:
        raise PictureRefused(_("The address is no web address.")) from error
    if where.scheme not in ("http", "https") or not where.hostname:
        raise PictureRefused(_("The address is no web address."))
    if where.username or where.password:
        raise PictureRefused(_("The address contains a password."))
    if port not in (None, 80, 443) and not _is_let_through(where):
        raise PictureRefused(_("The address uses an unusual port."))
    return where


def _is_let_through(where: SplitResult) -> bool:
    """Tell whether an operator lists this host and port as one of their own picture servers."""
    return f"{where.hostname}:{where.port or (443 if where.scheme == 'https' else 80)}" in settings.PICTURE_HOSTS


def _resolve(where: SplitResult) -> list[str]:
    port = where.port or (443 if where.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(where.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PictureRefused(_("The host was not found."), is_host_down=True) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not _is_let_through(where) and not all(is_public(address) for address in addresses):
        raise PictureRefused(_("The address is not on the public Internet."))
    return addresses


def _get(where: SplitResult, deadline: float, limits: Limits) -> bytes | str:
    """Return the body, or where a redirect leads."""
    address = _resolve(where)[0]
    connection = _Pinned(where, address, _left(deadline, limits.connect_seconds))
    # A time limit for each read would let a host that drips bytes hold on for ever; this one is for all of them.
    watch = threading.Timer(_left(deadline), connection.cut)
    watch.daemon = True
    watch.start()
    try:
        path = (where.path or "/") + (f"?{where.query}" if where.query else "")
        connection.request(
            "GET",
            _ascii(path),
            headers={"Accept": "image/*", "User-Agent": "Hutong picture import", "Connection": "close"},
        )
        response = connection.getresponse()
        if response.status in (301, 302, 303, 307, 308) and response.getheader("Location"):
            return str(response.getheader("Location"))
        if response.status != 200:
            raise PictureRefused(_("The host answered with %(status)d.") % {"status": response.status})
        return _body(response, deadline, limits)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PictureRefused(
            _("The host did not answer as it should."), is_host_down=isinstance(error, OSError)
        ) from error
    finally:
        watch.cancel()
        connection.close()


def _body(response: http.client.HTTPResponse, deadline: float, limits: Limits) -> bytes:
    too_large = PictureRefused(_("The picture is larger than %(size)d MB.") % {"size": limits.bytes // 1024**2})
    declared = response.getheader("Content-Length") or ""
    if declared.isdigit() and int(declared) > limits.bytes:
        raise too_large
    parts: list[bytes] = []
    size = 0
    while chunk := response.read1(64 * 1024):
        _left(deadline)
        size += len(chunk)
        if size > limits.bytes:
            raise too_large
        parts.append(chunk)
    _left(deadline)
    return b"".join(parts)


def _left(deadline: float, at_most: float | None = None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise PictureRefused(_("The host took too long."), is_host_down=True)
    return min(left, at_most) if at_most else left


def _ascii(path: str) -> str:
    return "".join(char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode()) for char in path)


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, with the name that it was asked for in Host and in TLS."""

    def __init__(self, where: SplitResult, address: str, timeout: float) -> None:
        super().__init__(str(where.hostname), where.port or (443 if where.scheme == "https" else 80), timeout=timeout)
        self.address = address
        self.is_tls = where.scheme == "https"

    def connect(self) -> None:
        """Connect to the checked address."""
        plain = socket.create_connection((self.address, self.port), self.timeout)
        if self.is_tls:
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        self.sock = plain

    def cut(self) -> None:
        """End whatever waits for the host."""
        if self.sock:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


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
