"""Only proxies of ours are believed about who asks."""

from typing import Any

import pytest

from saas.project.proxies import BehindProxies

NETWORKS = ["10.0.0.0/8", "fd00::/8"]


def seen(remote: str, **headers: str) -> dict[str, Any]:
    """Return the environment that the application gets."""
    got: dict[str, Any] = {}

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        got.update(environ)
        return []

    given = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    BehindProxies(application, NETWORKS)({"REMOTE_ADDR": remote, "wsgi.url_scheme": "http", **given}, None)  # type: ignore[arg-type]
    return got


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what the client made up stands before
        ("203.0.113.9, 10.1.1.1", "203.0.113.9"),  # two proxies of ours
        ("10.9.9.9, 203.0.113.9, fd00::7", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("nonsense", "10.0.0.1"),
        ("203.0.113.9, nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy_of_ours(forwarded: str, client: str) -> None:
    got = seen("10.0.0.1", x_forwarded_for=forwarded, x_forwarded_proto="https")
    assert (got["REMOTE_ADDR"], got["wsgi.url_scheme"]) == (client, "https")
    assert not any("FORWARDED" in name for name in got)


def test_a_stranger_is_not_believed() -> None:
    got = seen(
        "203.0.113.9", x_forwarded_for="10.0.0.1", x_forwarded_proto="https", x_forwarded_host="riverside.example"
    )
    assert (got["REMOTE_ADDR"], got["wsgi.url_scheme"]) == ("203.0.113.9", "http")
    assert set(got) == {"REMOTE_ADDR", "wsgi.url_scheme", "HTTP_X_FORWARDED_FOR"}


def test_a_scheme_that_is_none_is_not_taken() -> None:
    assert seen("10.0.0.1", x_forwarded_proto="gopher")["wsgi.url_scheme"] == "http"
