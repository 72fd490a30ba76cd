"""
Calls to servers of other people, at addresses that a person typed in, without becoming anybody's way into our network.

The host's name is resolved once, every address that it stands for must be a public one, and the connection goes to the checked
address. Redirects are not followed: the answer is given back as it is. What failed is told apart: `NotSent` never arrived, after
`NoAnswer` nobody knows.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext_lazy as _

from .errors import DomainError
from .outside import is_public

PORTS = {"http": 80, "https": 443}


class CallFailed(DomainError):
    """The other server was not reached, or did not answer."""

    code = "call_failed"


class NotSent(CallFailed):
    """Nothing has reached the other server."""

    code = "call_not_sent"


class WrongAddress(NotSent):
    """The address is none that may be called: no web address, a password in it, an unusual port, a host that is not public."""

    code = "call_wrong_address"


class NoAnswer(CallFailed):
    """The request went out and no whole answer came back in time. Nobody knows whether it arrived."""

    code = "call_no_answer"
    message = _("The other server did not answer in time.")


class TooLarge(NoAnswer):
    """The answer is larger than the limit. It was cut off."""

    code = "call_answer_too_large"
    message = _("The other server said too much.")


@dataclass(frozen=True)
class Call:
    """A request to another server. `body` None asks with GET, else POST."""

    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """How long a call may take in seconds, its connecting included and by itself, and how much of an answer is read in bytes."""

    seconds: float = 20
    connect_seconds: float = 5
    bytes: int = 2 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What the other server said; `location` is where a redirect leads, "" without one."""

    status: int
    body: bytes
    location: str = ""


def call(request: Call, *, let_through: Collection[str] = (), limits: Limits | None = None) -> Answer:
    """
    Send a request and return the answer, whatever its status. Never inside a transaction.

    :param let_through: "host:port" of servers on the operator's own network; all others must be public, over http or https
    :raises WrongAddress: see there; nothing was sent
    :raises NotSent: no such host, nobody there
    :raises TooLarge: the answer exceeds the limit
    :raises NoAnswer: it was sent, and no whole answer came
    """
    limits = limits or Limits()
    deadline = time.monotonic() + limits.seconds
    where = checked(request.url, let_through=let_through)
    address = _resolved(where, let_through)
    connection = _Pinned(where, address, min(limits.connect_seconds, limits.seconds))
    try:
        connection.connect()
        if time.monotonic() >= deadline:
            raise TimeoutError
    except (OSError, ValueError) as error:
        connection.close()
        raise NotSent(_("The other server could not be reached.")) from error
    # A time limit for each read would let a host that drips bytes hold on for ever; this one is for all of them.
    watch = threading.Timer(max(deadline - time.monotonic(), 0), connection.cut)
    watch.daemon = True
    watch.start()
    try:
        return _exchange(connection, where, request, limits, deadline)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer from error
    finally:
        watch.cancel()
        connection.close()


def checked(url: str, *, let_through: Collection[str] = ()) -> SplitResult:
    """
    Return a web address in its parts.

    :raises WrongAddress: no web address, one with a password in it, an unusual port
    """
    try:
        where = urlsplit(url.strip())
        port = where.port
    except ValueError as error:
        raise WrongAddress(_("The address is no web address.")) from error
    if where.scheme not in PORTS or not where.hostname:
        raise WrongAddress(_("The address is no web address."))
    if where.username or where.password:
        raise WrongAddress(_("The address contains a password."))
    if port not in (None, 80, 443) and _named(where) not in let_through:
        raise WrongAddress(_("The address uses an unusual port."))
    return where


def _named(where: SplitResult) -> str:
    return f"{where.hostname}:{where.port or PORTS[where.scheme]}"


def _resolved(where: SplitResult, let_through: Collection[str]) -> str:
    port = where.port or PORTS[where.scheme]
    try:
        found = socket.getaddrinfo(where.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent(_("The host was not found.")) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if _named(where) not in let_through and not all(is_public(address) for address in addresses):
        raise WrongAddress(_("The address is not on the public Internet."))
    return addresses[0]


def _exchange(connection: "_Pinned", where: SplitResult, request: Call, limits: Limits, deadline: float) -> Answer:
    path = (where.path or "/") + (f"?{where.query}" if where.query else "")
    headers = {"User-Agent": "Hutong", "Connection": "close", **request.headers}
    if connection.sock:
        connection.sock.settimeout(limits.seconds)
    connection.request("GET" if request.body is None else "POST", _ascii(path), body=request.body, headers=headers)
    response = connection.getresponse()
    parts: list[bytes] = []
    size = 0
    while chunk := response.read1(64 * 1024):
        size += len(chunk)
        if size > limits.bytes:
            raise TooLarge
        if time.monotonic() > deadline:
            raise NoAnswer
        parts.append(chunk)
    if response.length or time.monotonic() > deadline:
        raise NoAnswer
    return Answer(response.status, b"".join(parts), response.getheader("Location") or "")


def _ascii(path: str) -> str:
    return "".join(char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode()) for char in path)


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, with the name that it was asked for in Host and in TLS."""

    def __init__(self, where: SplitResult, address: str, timeout: float) -> None:
        super().__init__(str(where.hostname), where.port or PORTS[where.scheme], timeout=timeout)
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
