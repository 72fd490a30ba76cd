"""
What the pages of a mall have in common is one mall's, one language's and one minute's, and ends with a change (C20, C37).

Each test runs in threads of its own, whose connections are in no transaction as those of a server's threads are in none. That a
write is seen by two web processes, on pages that are made of parts, is shown by `test_fresh`.
"""

import dataclasses
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation

from cms.blocks import shelf
from saas.kernel.database import connection
from storefront.stores.models import Store
from storefront.stores.queries import store_view
from tenants.frontcache import parts
from tenants.frontcache.generations import generations
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

TIMES, THREADS = 300, 4


def in_a_thread(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@pytest.fixture
def steps() -> Callable[..., int]:
    """Return what keeps a part that counts how often it was made."""
    made = itertools.count(1)
    return lambda **options: parts.kept("steps", lambda: next(made), **options)


@pytest.mark.django_db
def test_a_part_holds_for_mall_language_and_minute_and_ends_with_a_change(
    riverside: Tenant, hillside: Tenant, now: datetime, steps: Callable[..., int]
) -> None:
    def work() -> None:
        with inside(riverside), translation.override("en"):
            generations.change(riverside.schema_name)
            assert [steps(at=now), steps(at=now + timedelta(seconds=59))] == [1, 1]
            assert steps(at=now + timedelta(minutes=1)) == 2
            assert steps() == 3
            with translation.override("zh-hans"):
                assert [steps(), steps()] == [4, 4]
            assert steps() == 3
        with inside(hillside), translation.override("en"):
            assert [steps(), steps()] == [5, 5]
        generations.change(hillside.schema_name)
        with inside(riverside), translation.override("en"):
            assert steps() == 3, "the neighbour's change ended it"
            generations.change(riverside.schema_name)
            assert [steps(), steps()] == [6, 6]
        riverside.name = "Riverside under a new name"
        with inside(riverside), translation.override("en"):
            assert [steps(), steps()] == [7, 7]

    in_a_thread(work)


@pytest.mark.django_db
def test_a_store_that_was_read_before_a_change_is_not_kept_for_who_reads_after_it(
    riverside: Tenant, now: datetime
) -> None:
    store = Store(public_id="s" * 26, name="Old Town", street="Quay 1", city="Riverside")
    with inside(riverside):
        read_before = dataclasses.replace(store_view(store, at=now), status="Open until 18:00")

    def work() -> None:
        with inside(riverside), translation.override("en"):
            generations.change(riverside.schema_name)  # committed between the reading and the drawing of a slow page
            (drawn,) = shelf.places([read_before], at=now)
            (other,) = shelf.places([dataclasses.replace(read_before, status="Closed for a week")], at=now)
            assert "Closed for a week" in other
            assert "Closed for a week" not in drawn
            assert shelf.places([read_before], at=now)[0] is drawn, "it is made anew for each page"

    in_a_thread(work)


@pytest.mark.django_db
def test_nothing_is_kept_on_the_platform_nor_of_what_a_transaction_sees(
    riverside: Tenant, steps: Callable[..., int]
) -> None:
    assert [steps(), steps()] == [1, 2]
    with inside(riverside), transaction.atomic():
        assert [steps(), steps()] == [3, 4]


@pytest.mark.django_db
def test_c37_threads_that_alternate_malls_get_their_own_malls_part_where_a_plain_dictionary_mixes_them(
    riverside: Tenant, hillside: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MOST_PARTS", 3)  # so that parts go and come back meanwhile
    plain: dict[str, str] = {}

    def work(number: int) -> tuple[int, int]:
        wrong = mixed = 0
        for turn in range(TIMES):
            tenant = (riverside, hillside)[(turn + number) % 2]
            with inside(tenant):
                wrong += parts.kept("whose", lambda: connection.schema_name) != tenant.schema_name
                mixed += plain.setdefault("whose", connection.schema_name) != tenant.schema_name
            if turn % 50 == 0:
                generations.change(tenant.schema_name)
        return wrong, mixed

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(work, range(THREADS)))
    assert sum(wrong for wrong, _mixed in found) == 0
    assert sum(mixed for _wrong, mixed in found) == TIMES * THREADS // 2, "the control mixes each second time"
    assert len(parts._parts) <= 3
