"""T3: a host in every spelling, over a raw socket: the right mall answers, or nobody."""

import socket
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Spelling:
    """The first lines of a request, and the mall that may answer it: "attacker", "victim", or "" for none."""

    head: str
    may: str


def variants(attacker: str, victim: str, *, port: int) -> list[Spelling]:
    """Return some dozens of ways to name a mall, alone and together with the other one's name."""
    found = []
    for host, may, other in ((attacker, "attacker", victim), (victim, "victim", attacker)):
        label, _dot, rest = host.partition(".")
        own = [
            host,
            f"{host}:{port}",
            f"{host}:80",
            f"{host}.",
            f"{host}.:{port}",
            host.upper(),
            host.title(),
            f" {host} ",
        ]
        found += [Spelling(f"GET / HTTP/1.1\r\nHost: {name}\r\n", may) for name in own]
        found += [
            Spelling(f"GET / HTTP/1.1\r\nHost: {host}\r\n{name}: {other}\r\n", may)
            for name in (
                "X-Forwarded-Host",
                "X-Host",
                "X-Forwarded-Server",
                "X-Original-Host",
                "Forwarded",
                "X-HTTP-Host-Override",
            )
        ]
        # The address line's host outweighs the header's, or the request is refused; it is never answered for a third.
        found += [
            Spelling(f"GET http://{other}/ HTTP/1.1\r\nHost: {host}\r\n", "either"),
            Spelling(f"GET / HTTP/1.0\r\nHost: {host}\r\n", may),
            Spelling(f"GET / HTTP/1.1\r\nHost: {host}\r\nHost: {other}\r\n", ""),
            Spelling(f"GET / HTTP/1.1\r\nHost: {host},{other}\r\n", ""),
            Spelling(f"GET / HTTP/1.1\r\nHost : {host}\r\nHost: {other}\r\n", ""),
        ]
        strange = [
            f"{host}..", f"{host}..:{port}",
            f"www.{host}", f"x.{host}", f"{host}.evil.example", f"evil-{host}", f"{label}%2e{rest}", f"{label}。{rest}",
            f"xn--{label}-abc.{rest}", f"{host}@{other}", f"{other}@{host}", f"{host}/", f"{host}\\", f"{host}#", f"{host}?",
            f"{host}:{port}@{other}", f"[{host}]", f"{host}\t{other}", f"{label}_{rest}", f"{host}%00.{other}", f"-{host}",
        ]  # fmt: skip
        found += [Spelling(f"GET / HTTP/1.1\r\nHost: {name}\r\n", "") for name in strange]
    addresses = ["127.0.0.2", "[::1]", "0x7f000001", "2130706433", "nobody.localhost", "", "localhost.localhost"]
    return found + [Spelling(f"GET / HTTP/1.1\r\nHost: {name}\r\n", "") for name in addresses]


def asked(head: str, *, port: int) -> str:
    """Send the lines and return all that comes back, headers too."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.decode("utf-8", "replace")


def leads_astray(spelling: Spelling, *, port: int, marks: Any) -> str:
    """Return which mall's canaries a spelling brought although it must not: "attacker", "victim", or "" when all is well."""
    answer = asked(spelling.head, port=port)
    shown = {name for name in ("attacker", "victim") if getattr(marks, name).found(answer)}
    if spelling.may == "either":
        return "both" if len(shown) > 1 else ""
    return ",".join(sorted(shown - {spelling.may}))
