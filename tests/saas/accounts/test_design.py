"""Every page of an account is in our design, signed in or not."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.saas.accounts.signing import PASSWORD, give_password

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.mark.parametrize(
    "path", ["login/", "login/code/", "password/reset/", "password/reset/done/", "signup/", "inactive/"]
)
def test_pages_of_people_who_are_not_signed_in_are_in_our_design(riverside: Any, client_for: Any, path: str) -> None:
    for client in (client_for(riverside), client_for(None)):
        answer = client.get(f"/account/{path}", follow=True)
        assert answer.status_code == 200
        assert "ui/ui.css" in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    ["email/", "phone/change/", "password/change/", "password/set/", "second-factor/", "second-factor/totp/activate/",
     "second-factor/webauthn/add/", "second-factor/webauthn/", "logout/", "reauthenticate/"],
)  # fmt: skip
def test_pages_of_ones_own_account_are_in_our_design(
    riverside: Any, alma: Any, client_for: Callable[..., Any], path: str
) -> None:
    give_password(riverside, alma)
    client = client_for(riverside)
    client.post("/account/login/", {"login": alma.email, "password": PASSWORD})
    answer = client.get(f"/account/{path}", follow=True)
    assert answer.status_code == 200
    assert "ui/ui.css" in answer.content.decode()
