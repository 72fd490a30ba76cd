"""Whom to believe about who asks: a WSGI layer in front of Django, the same under any server."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_FOR, _PROTO, _HOST = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"


class BehindProxies:
    """
    Takes the client's address and the scheme from X-Forwarded-For and -Proto when a proxy of ours sent them.

    The address is the last one in the header that is no proxy of ours: what stands before it, the client may have made up.
    Afterwards the headers are gone, so that no code believes them by mistake. A stranger's scheme and host are removed too; that
    he sent an X-Forwarded-For stays to be seen, since what answers only to neighbours (tenants.domains) refuses it for that.
    """

    def __init__(self, application: Application, networks: Sequence[str]) -> None:
        self._application = application
        self._networks = [ip_network(network, strict=False) for network in networks]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        scheme, _host = environ.pop(_PROTO, ""), environ.pop(_HOST, "")
        if self._is_proxy(environ.get("REMOTE_ADDR", "")):
            for address in reversed(environ.pop(_FOR, "").split(",")):
                found = _parsed(address)
                if found is None:
                    break
                environ["REMOTE_ADDR"] = str(found)
                if not self._is_proxy(str(found)):
                    break
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self._application(environ, start_response)

    def _is_proxy(self, address: str) -> bool:
        found = _parsed(address)
        return found is not None and any(found in network for network in self._networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.strip())
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
