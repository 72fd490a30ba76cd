"""A name server on the loopback, which says what the test tells it."""

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest


class NameServer:
    """
    Answers TXT questions from `records`, A and AAAA from `addresses`; else a name does not exist. Silent while `is_silent`,
    fails with `rcode`.
    """

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.addresses: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.is_silent = False
        self.rcode: dns.rcode.Rcode | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                packet, client = self._socket.recvfrom(4096)
            except OSError:
                return
            question = dns.message.from_wire(packet)
            name = question.question[0].name.to_text().rstrip(".")
            self.asked.append(name)
            if self.is_silent:
                continue
            answer = dns.message.make_response(question)
            answer.flags |= dns.flags.RA
            if self.rcode is not None:
                answer.set_rcode(self.rcode)
                self._socket.sendto(answer.to_wire(), client)
                continue
            kind = dns.rdatatype.to_text(question.question[0].rdtype)
            if said := self._said(kind, name):
                answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *said))
            elif name not in self.addresses:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(answer.to_wire(), client)

    def _said(self, kind: str, name: str) -> list[str]:
        if kind == "TXT":
            return [f'"{text}"' for text in self.records.get(name, ())]
        return [one for one in self.addresses.get(name, ()) if (":" in one) == (kind == "AAAA")]

    def close(self) -> None:
        """Stop."""
        self._socket.close()


@pytest.fixture
def name_server(settings: object) -> Iterator[NameServer]:
    """The name server that the product asks."""
    server = NameServer()
    settings.DNS_SERVERS = [server.address]  # type: ignore[attr-defined]
    yield server
    server.close()
