"""Limits on tries: by schema, or everywhere; only hashes are stored."""

from typing import Any

import pytest

from saas.kernel import rates
from saas.kernel.ids import random_id
from tenants.isolation.entrance import inside


@pytest.fixture
def key() -> str:
    return f"eve-{random_id(12)}"


def tries(count: int, key: str, **options: Any) -> list[bool]:
    return [rates.spend("test", key, rate="2/hour", **options) for _try in range(count)]


def test_the_third_of_two_tries_is_refused(key: str, db: None) -> None:
    assert tries(3, key) == [True, True, False]


def test_each_mall_counts_by_itself(key: str, riverside: Any, hillside: Any) -> None:
    for tenant in (riverside, hillside):
        with inside(tenant):
            assert tries(3, key) == [True, True, False]


def test_what_is_counted_everywhere_cannot_be_reset_by_going_to_the_next_mall(
    key: str, riverside: Any, hillside: Any
) -> None:
    with inside(riverside):
        assert tries(2, key, everywhere=True) == [True, True]
    with inside(hillside):
        assert tries(1, key, everywhere=True) == [False]


def test_a_count_can_be_set_back(key: str, db: None) -> None:
    tries(3, key)
    rates.forget("test", key, rate="2/hour")
    assert tries(1, key) == [True]


def test_without_the_counters_server_a_try_is_allowed(key: str, db: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    rates._counter.cache_clear()
    try:
        assert tries(3, key) == [True, True, True]
    finally:
        rates._counter.cache_clear()


def test_the_key_itself_is_not_stored(key: str, db: None) -> None:
    tries(1, key)
    stored = rates._counter().storage.storage.keys("limits*")  # type: ignore[attr-defined]
    assert stored
    assert not [one for one in stored if key.encode() in one]
