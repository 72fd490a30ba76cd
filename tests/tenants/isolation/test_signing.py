"""What one mall signs is nothing in another, nor for another purpose."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tenants.isolation import signing
from tenants.isolation.entrance import inside, on_platform


def test_a_signature_holds_in_its_mall_and_for_its_purpose(riverside: Any, hillside: Any) -> None:
    with inside(riverside):
        token = signing.sign("order-1", purpose="open")
        assert signing.unsign(token, purpose="open") == "order-1"
        assert signing.sign("order-1", purpose="open") == token
        for text, purpose in (
            (token, "other"),
            (token[:-1], "open"),
            (token.replace("1", "2", 1), "open"),
            ("", "open"),
        ):
            with pytest.raises(signing.BadSignature):
                signing.unsign(text, purpose=purpose)
    for place in (inside(hillside), on_platform()):
        with place, pytest.raises(signing.BadSignature):
            signing.unsign(token, purpose="open")


def test_a_signature_for_now_ends(riverside: Any) -> None:
    at, age = datetime(2026, 11, 20, 20, tzinfo=UTC), timedelta(minutes=5)
    with inside(riverside):
        with time_machine.travel(at, tick=False):
            token = signing.sign_for_now("bo", purpose="enter")
            assert signing.unsign_within(token, purpose="enter", age=age) == "bo"
        with time_machine.travel(at + age + timedelta(seconds=1), tick=False), pytest.raises(signing.BadSignature):
            signing.unsign_within(token, purpose="enter", age=age)
