"""Signing in with a second factor (T2)."""

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.db import connection

from tenants.isolation.entrance import inside
from tests.saas.accounts.signing import PASSWORD, code_for, give_password, signed_in

pytestmark = pytest.mark.usefixtures("fresh")


def totp_code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


@pytest.fixture
def guarded(riverside: Any, alma: Any) -> str:
    """Alma, with a password and an authenticator app; gives the app's secret."""
    give_password(riverside, alma)
    secret = generate_totp_secret()
    with inside(riverside):
        TOTP.activate(alma, secret)
    return secret


def test_with_a_second_factor_the_password_alone_is_not_enough(
    riverside: Any, alma: Any, guarded: str, client_for: Any
) -> None:
    client = client_for(riverside)
    answer = client.post("/account/login/", {"login": alma.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/account/second-factor/authenticate/"
    assert signed_in(client, riverside) == ""
    assert (
        client.post("/account/second-factor/authenticate/", {"code": totp_code(guarded)}).headers["Location"]
        == "/manage/"
    )
    assert signed_in(client, riverside) == alma.public_id


def test_a_mailed_code_does_not_go_round_the_second_factor(
    riverside: Any, alma: Any, guarded: str, client_for: Any
) -> None:
    client = client_for(riverside)
    client.post("/account/login/code/", {"login": alma.email})
    client.post("/account/login/code/confirm/", {"code": code_for(alma.email)})
    assert signed_in(client, riverside) == ""


def test_the_secret_is_stored_encrypted(riverside: Any, alma: Any, guarded: str) -> None:
    with inside(riverside), connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        assert guarded not in cursor.fetchone()[0]
