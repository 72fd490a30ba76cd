"""
The proof as a file on the domain's own web server, without becoming anybody's way into our network (A6).

The name is resolved once, every address that it stands for must be outside, the connection goes to that address, and no redirect is
followed. What answers has `LIFETIME_S` for all of it and is read up to `LONGEST` bytes, however slowly it comes.
"""

import socket
import ssl
import time

import dns.exception
import dns.resolver
from django.conf import settings

from saas.kernel.outside import is_public

PATH = "/.well-known/hutong-domain"
LIFETIME_S, CONNECT_S = 6.0, 2.0
LONGEST = 8 * 1024


class NoFile(Exception):
    """The file was not found, or the host is none that is asked."""


def read(domain: str, resolver: dns.resolver.Resolver) -> str:
    """
    Return what the domain says in the file, first over TLS, then without. Never inside a transaction.

    :raises NoFile: no answer, another status than 200, a redirect, too long, or an address that is not outside
    """
    addresses = _addresses(domain, resolver)
    deadline = time.monotonic() + LIFETIME_S
    ports = (
        ((settings.DOMAIN_PROOF_LOOPBACK_PORT, False),) if _is_let_through(addresses) else ((443, True), (80, False))
    )
    for port, over_tls in ports:
        try:
            return _text(_answer(domain, addresses[0], port, deadline, over_tls=over_tls))
        except (OSError, NoFile):
            continue
    raise NoFile


def _addresses(domain: str, resolver: dns.resolver.Resolver) -> list[str]:
    try:
        found = list(resolver.resolve_name(domain, lifetime=LIFETIME_S, search=False).addresses())
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise NoFile from error
    if not found or not (_is_let_through(found) or all(is_public(address) for address in found)):
        raise NoFile
    return found


def _is_let_through(addresses: list[str]) -> bool:
    """Tell whether tests let the loopback through; production refuses the setting."""
    return bool(settings.DOMAIN_PROOF_LOOPBACK_PORT) and addresses == ["127.0.0.1"]


def _answer(domain: str, address: str, port: int, deadline: float, *, over_tls: bool) -> bytes:
    """Return all that the host says to one request."""
    lines = (f"GET {PATH} HTTP/1.0", f"Host: {domain}", "User-Agent: Hutong domain check", "Connection: close", "", "")
    with socket.create_connection((address, port), timeout=min(CONNECT_S, _left(deadline))) as plain:
        plain.settimeout(_left(deadline))
        context = ssl.create_default_context() if over_tls else None
        wire = context.wrap_socket(plain, server_hostname=domain) if context else plain
        with wire:
            wire.sendall("\r\n".join(lines).encode("ascii"))
            said = b""
            while len(said) <= LONGEST:
                wire.settimeout(_left(deadline))
                more = wire.recv(4096)
                if not more:
                    return said
                said += more
    raise NoFile


def _text(said: bytes) -> str:
    head, _blank, body = said.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0].split(b" ")
    if len(status) < 2 or not status[0].startswith(b"HTTP/1.") or status[1] != b"200":
        raise NoFile
    return body.decode("utf-8", "replace").strip()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise NoFile
    return left
