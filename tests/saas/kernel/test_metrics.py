"""Figures that many processes count together."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from redis.exceptions import ConnectionError as NoServer

from saas.kernel import keyspace, metrics
from saas.kernel.metrics import Series, Sums


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    metrics.hand_over(at_once=True)
    keyspace._client().delete(keyspace.COUNTERS)
    yield
    keyspace._client().delete(keyspace.COUNTERS)


def everybodys() -> dict[Series, float]:
    return dict(metrics.everybodys())


def test_what_two_processes_count_is_added_up() -> None:
    code = "import django; django.setup(); from saas.kernel import metrics; metrics.count('requests', 3, view='home')"
    for _process in range(2):
        subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)  # handed over when the process ends
    metrics.count("requests", view="home")
    metrics.hand_over(at_once=True)
    assert everybodys() == {Series("requests", (("view", "home"),)): 7.0}


def test_a_duration_counts_in_the_first_bucket_that_holds_it() -> None:
    for seconds in (0.01, 0.025, 0.3, 99.0):
        metrics.observe("task_seconds", seconds, task="t")
    metrics.hand_over(at_once=True)
    found = {dict(series.labels).get("le"): amount for series, amount in everybodys().items()}
    assert found == {"0.025": 2.0, "0.5": 1.0, "+Inf": 1.0, None: pytest.approx(99.335)}


def test_nothing_is_lost_among_threads() -> None:
    sums = Sums()

    def work() -> None:
        for _time in range(2_000):
            sums.add(Series("x"))

    threads = [threading.Thread(target=work) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for _time in range(20):
        sums.hand_over()
    for thread in threads:
        thread.join()
    sums.hand_over()
    assert everybodys() == {Series("x"): 8_000.0}


def test_without_valkey_the_sums_are_kept_for_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = Sums()
    sums.add(Series("x"), 5)

    def refuse(_amounts: Any) -> None:
        raise NoServer

    with monkeypatch.context() as patch:
        patch.setattr(keyspace, "add_to_counters", refuse)
        sums.hand_over()
    assert everybodys() == {}
    sums.hand_over()
    assert everybodys() == {Series("x"): 5.0}


def test_labels_that_strangers_make_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_SERIES", 10)
    sums = Sums()
    for number in range(100):
        sums.add(Series("x", (("who", str(number)),)))
    sums.hand_over()
    assert len(everybodys()) == 10
