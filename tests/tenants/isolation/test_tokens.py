"""What one schema gave to a person is nothing in another, even where the person's row has the same number, mail and password (C22, T2)."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from allauth.account import forms
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.backends.db import SessionStore

from saas.accounts import sessions
from saas.accounts.models import User
from tenants.isolation.entrance import inside, on_platform

PLACES = ("riverside", "hillside", "platform")
TWIN = {"pk": 987_654, "email": "twin@example.com", "password": "md5$salt$same"}


@pytest.fixture
def places(riverside: Any, hillside: Any) -> dict[str, Any]:
    """Put the same person into two malls and the platform."""
    found = {"riverside": riverside, "hillside": hillside, "platform": None}
    for tenant in found.values():
        with at(tenant):
            User.objects.create(**TWIN)
    return found


@contextmanager
def at(tenant: Any) -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(inside(tenant) if tenant else on_platform())
        yield


@pytest.mark.parametrize("home", PLACES)
def test_a_token_that_sets_a_password_holds_where_it_was_made_only_c22_t2(places: dict[str, Any], home: str) -> None:
    tokens = forms.default_token_generator  # the one that the pages use
    with at(places[home]):
        token, stock = (
            maker.make_token(User.objects.get(pk=TWIN["pk"])) for maker in (tokens, default_token_generator)
        )
    for name, tenant in places.items():
        with at(tenant):
            twin = User.objects.get(pk=TWIN["pk"])
            assert tokens.check_token(twin, token) == (name == home)
            # The negative control: Django's own holds for the twin everywhere.
            assert default_token_generator.check_token(twin, stock)


@pytest.mark.parametrize("home", PLACES)
def test_a_session_is_a_row_of_its_schema_c22_t2(places: dict[str, Any], home: str, client_for: Any) -> None:
    with at(places[home]):
        twin = User.objects.get(pk=TWIN["pk"])
        session = SessionStore()
        session.update({SESSION_KEY: str(twin.pk), HASH_SESSION_KEY: twin.get_session_auth_hash()})
        session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
        session.save()
    for name, tenant in places.items():
        client = client_for(tenant)
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        user = client.get("/account/login/code/").wsgi_request.user
        assert user.is_authenticated == (name == home)


def test_messages_live_in_the_session_and_no_session_lives_in_a_cookie_c22() -> None:
    assert settings.MESSAGE_STORAGE == "django.contrib.messages.storage.session.SessionStorage"
    assert settings.SESSION_ENGINE == "saas.accounts.sessions"
    assert issubclass(sessions.SessionStore, SessionStore)  # rows
    assert settings.ACCOUNT_EMAIL_CONFIRMATION_HMAC is False


def test_looking_at_a_link_that_sets_a_password_writes_nothing(riverside: Any, alma: Any, client_for: Any) -> None:
    """T1: a GET by a stranger who guesses a person's number, with a key of the right form; allauth's own then writes a row."""
    with inside(riverside):
        EmailAddress.objects.filter(user=alma).delete()
        stock = forms.EmailAwarePasswordResetTokenGenerator()
        right = forms.default_token_generator.make_token(alma)
        wrong = f"{right.partition('-')[0]}-{'0' * 32}"
        number = user_pk_to_url_str(alma)
        assert not EmailAddress.objects.exists()  # making one writes nothing either

    page = client_for(riverside).get(f"/account/password/reset/key/{number}-{wrong}/")

    assert page.status_code == 200
    assert (
        "set-password" in client_for(riverside).get(f"/account/password/reset/key/{number}-{right}/").url
    )  # the link works
    with inside(riverside):
        assert not EmailAddress.objects.exists()
        assert not stock.check_token(alma, wrong)
        assert EmailAddress.objects.filter(user=alma).exists()  # the negative control
