"""The page that asks once more who one is, before a download of everything or the end of a mall."""

from collections.abc import Callable
from typing import Any

import pytest

from saas.accounts.models import User

pytestmark = pytest.mark.django_db


def test_who_signed_in_a_while_ago_is_asked_in_plain_words_and_led_on(
    riverside: Any, alma: User, client_for: Callable[..., Any]
) -> None:
    client = client_for(riverside, alma)
    page = client.get("/account/reauthenticate/?next=/manage/leave/")
    text = page.content.decode()
    assert "Confirm that it is you" in text
    assert "reauthenticate to" not in text
    wrong = client.post("/account/reauthenticate/", {"password": "wrong", "next": "/manage/leave/"})
    assert "Incorrect password" in wrong.content.decode()
    right = client.post("/account/reauthenticate/", {"password": "correct-horse-battery", "next": "/manage/leave/"})
    assert (right.status_code, right["Location"]) == (302, "/manage/leave/")
