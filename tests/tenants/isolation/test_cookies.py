"""A cookie belongs to one host: over TLS its name makes browsers keep it there, which one setting decides (T15)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.isolation.checks import cookies_stay_at_their_host
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
