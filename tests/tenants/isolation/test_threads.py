"""Threads carry the mall of whoever started them and leave no connection behind (C6, C7, T5)."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from saas.accounts.models import User
from tenants.isolation.entrance import MallUnknown, inside
from tenants.isolation.threads import LazyResult, MallThreads, beside, run_in_mall
from tenants.registry.models import Tenant

OWNERS = {"riverside": "alma@riverside.example", "hillside": "cleo@hillside.example"}


def look(rest_s: float = 0.005) -> tuple[str, str, list[str]]:
    """Return where SQL runs, before and after a rest, and who the people there are."""
    first = _here()
    people = list(User.objects.values_list("email", flat=True))
    time.sleep(rest_s)
    return first, _here(), people


def _here() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def leave() -> None:
    """Close this thread's connection."""
    connection.close()


def all_closed() -> bool:
    """Tell whether the other sessions end; the server takes a moment to see that a client has gone."""
    for _try in range(200):
        if not sessions():
            return True
        time.sleep(0.05)
    return False


def sessions() -> int:
    """Return how many sessions the database has besides this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def malls(committed: None) -> dict[str, str]:
    """Return the malls' schemas by slug."""
    return dict(Tenant.objects.filter(slug__in=OWNERS).values_list("slug", "schema_name"))


def test_work_of_a_pool_runs_in_the_mall_that_submitted_it_c7_t5(malls: dict[str, str]) -> None:
    """200 pieces of work of two malls and the platform by turns on six threads; a bare pool reads the platform's people."""
    with MallThreads(6) as pool:
        found = []
        for number in range(200):
            slug = list(malls)[number % 2]
            with inside(malls[slug]):
                found.append((slug, pool.submit(look)))
        on_platform = pool.submit(look)
        seen = [(slug, *future.result()) for slug, future in found]
        assert on_platform.result()[:2] == ("public", "public")
    for slug, first, second, people in seen:
        assert (first, second) == (malls[slug], malls[slug])
        assert [mail for mail in OWNERS.values() if mail in people] == [OWNERS[slug]]
    assert all_closed()

    with ThreadPoolExecutor(1) as bare, inside(malls["riverside"]):
        wrong, left_open = bare.submit(look).result(), bare.submit(sessions).result()
        bare.submit(leave).result()
    assert wrong[0] == "public", "a bare pool does not lose the mall any more"
    assert left_open >= 1


def test_a_pool_maps_in_the_mall_too(malls: dict[str, str]) -> None:
    with MallThreads(3) as pool, inside(malls["hillside"]):
        assert {line[0] for line in pool.map(look, [0.0] * 9)} == {malls["hillside"]}


def test_c6_a_thread_beside_stays_in_the_mall_and_closes_its_connection_also_after_an_error(
    malls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("threading.excepthook", lambda raised: seen.append(raised.exc_type))

    def work() -> None:
        seen.append(_here())
        raise ZeroDivisionError

    with inside(malls["riverside"]):
        thread = beside(work, name="work")
        assert not thread.is_alive()
    thread.start()
    thread.join()
    assert seen == [malls["riverside"], ZeroDivisionError]
    assert all_closed()


def test_what_asks_the_database_later_does_not_leave_a_mall_c8(malls: dict[str, str]) -> None:
    def lazily() -> Any:
        return User.objects.all()

    def one_by_one() -> Any:
        yield from User.objects.all()

    for function in (lazily, one_by_one):
        with pytest.raises(LazyResult):
            run_in_mall(malls["riverside"], function)
    assert connection.connection is None
    with pytest.raises(MallUnknown):
        run_in_mall("m_00000000000nobod", look)
