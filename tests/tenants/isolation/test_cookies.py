"""A cookie belongs to one host: over TLS its name makes browsers keep it there, which one setting decides (T15)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http.cookie import parse_cookie
from django.test import Client

from tenants.isolation.checks import cookies_stay_at_their_host
from tenants.isolation.cookies import believed
from tenants.registry.models import Tenant

GOOD = {
    f"{kind}_COOKIE_{part}": value
    for kind, name in (("SESSION", "__Host-sessionid"), ("CSRF", "__Host-csrftoken"), ("LANGUAGE", "__Host-language"))
    for part, value in (("NAME", name), ("SECURE", True), ("DOMAIN", None), ("PATH", "/"))
}


def test_the_settings_that_tests_and_development_run_on_are_plain_and_pass(settings: Any) -> None:
    assert settings.PUBLIC_SCHEME == "http"
    assert cookies_stay_at_their_host() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SESSION_COOKIE_NAME", "sessionid"),
        ("CSRF_COOKIE_NAME", "csrftoken"),
        ("LANGUAGE_COOKIE_NAME", "django_language"),
        ("SESSION_COOKIE_SECURE", False),
        ("CSRF_COOKIE_DOMAIN", ".malls.example"),
        ("LANGUAGE_COOKIE_PATH", "/deals/"),
        ("PUBLIC_SCHEME", "http"),
    ],
)
def test_a_cookie_that_siblings_could_set_or_browsers_would_refuse_stops_the_start_t15(
    settings: Any, name: str, value: Any
) -> None:
    for one, good in {**GOOD, "PUBLIC_SCHEME": "https"}.items():
        setattr(settings, one, good)
    assert cookies_stay_at_their_host() == []
    setattr(settings, name, value)
    found = [str(error.msg) for error in cookies_stay_at_their_host()]
    assert found
    assert name == "PUBLIC_SCHEME" or found[0].startswith(name)


@pytest.mark.parametrize("over_tls", [False, True])
def test_a_cookie_that_a_sibling_tossed_under_the_plain_name_is_not_read_over_tls_t15(
    settings: Any, riverside: Tenant, alma: Any, client_for: Callable[..., Client], over_tls: bool
) -> None:
    """A page of another mall can set `sessionid` for the common domain; the negative control is plain HTTP, which reads it."""
    key = client_for(riverside, alma).cookies["sessionid"].value
    if over_tls:
        for one, good in GOOD.items():
            setattr(settings, one, good)
    answer = client_for(riverside).get("/manage/", HTTP_COOKIE=f"sessionid={key}")
    assert answer.wsgi_request.user.is_anonymous == over_tls
    if over_tls:
        visitor = client_for(riverside)
        visitor.get("/account/login/", follow=True)
        assert visitor.cookies
        assert all(name.startswith("__Host-") and one["secure"] for name, one in visitor.cookies.items())


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("__Host-sessionid=a; __Host-language=en", "__Host-sessionid=a; __Host-language=en"),
        ("sessionid=a;  csrftoken=b=c==", "sessionid=a; csrftoken=b=c=="),
        ("\u2000__Host-sessionid=evil; __Host-sessionid=a", "__Host-sessionid=a"),
        ("__Host-sessionid\u3000=evil; \x85__Host-sessionid=evil; \xa0__Host-sessionid=evil", ""),
        ("=__Host-sessionid=evil; __Host-sessionid", ""),
        ("__Host-sessionid=a; __host-sessionid=evil", ""),
        ("__Host-sessionid=a; other=1; __Host-sessionid=evil", "other=1"),
        ("__Host-sessionid\x0b=evil; __Host-sessionid\x1f=evil; a\x00b=1; ok=2", "ok=2"),
        ("", ""),
    ],
)
def test_a_cookie_is_believed_under_the_name_that_the_browser_checked_t15(sent: str, read: str) -> None:
    assert believed(sent) == read


@pytest.mark.parametrize("blank", ["\u2000", "\u3000", "\xa0", "\x85", "\u2028"])
def test_a_blank_before_the_name_makes_no_session_t15(
    settings: Any, riverside: Tenant, alma: Any, client_for: Callable[..., Client], blank: str
) -> None:
    """The negative control is Django's own reading of the header."""
    key = client_for(riverside, alma).cookies["sessionid"].value
    for one, good in GOOD.items():
        setattr(settings, one, good)
    sent = f"{blank}__Host-sessionid={key}"
    assert parse_cookie(sent) == {"__Host-sessionid": key}, "Django does not strip it any more"
    as_bytes = sent.encode().decode("latin-1")
    assert client_for(riverside).get("/manage/", HTTP_COOKIE=as_bytes).wsgi_request.user.is_anonymous
    plain = client_for(riverside).get("/manage/", HTTP_COOKIE=f"__Host-sessionid={key}")
    assert plain.wsgi_request.user == alma
