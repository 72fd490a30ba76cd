"""Ports on loopback: free ones for the embedded servers, and a check of the one for the web."""

from __future__ import annotations

import errno
import random
import socket

from infra.local.errors import LaunchError
from infra.local.state import State

# Below the range that Linux hands out to clients, so that no connection takes a stopped server's port.
LOWEST, HIGHEST = 20_000, 31_999


def is_free(port: int) -> bool:
    """
    Say whether a server could listen on this loopback port now.

    :raises LaunchError: only root may use it
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except PermissionError as error:
            raise LaunchError(f"Port {port} may only be used by root. Try: HUTONG_PORT=8001 ./hutong up") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def answers(port: int) -> bool:
    """Say whether something accepts connections on this loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def remembered(state: State, name: str) -> int:
    """Return the port that this instance keeps for `name`, choosing a free one the first time."""
    return int(state.remember(f"{name}_port", lambda: str(_choose())))


def settle(state: State, name: str) -> int:
    """Return the port for `name`, moving to another free one where a stranger has taken it meanwhile."""
    port = remembered(state, name)
    if not is_free(port):
        port = _choose()
        state.replace(f"{name}_port", str(port))
    return port


def web_port(environ: dict[str, str]) -> int:
    """
    Return the port of the web server: `HUTONG_PORT`, or 8000.

    :raises LaunchError: it is not a port number
    """
    text = environ.get("HUTONG_PORT", "").strip() or "8000"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise LaunchError(f"HUTONG_PORT is {text!r}, which is not a port number. Try: HUTONG_PORT=8001 ./hutong up")
    return int(text)


def _choose() -> int:
    for port in random.sample(range(LOWEST, HIGHEST), 200):
        if is_free(port):
            return port
    raise LaunchError(f"No free port was found between {LOWEST} and {HIGHEST} on this machine.")
