"""T1, T2, T3, T12: every view × method with foreign ids, sessions and host tricks; nothing of the other mall shows or changes."""

from typing import Any

import pytest
from django.test import Client

from tests.isolation.crawler.addresses import Address, addresses
from tests.isolation.crawler.crawl import Findings, Reply, crawl
from tests.isolation.crawler.matrix import MATRIX
from tests.isolation.crawler.plan import METHODS, Request, sample
from tests.isolation.crawler.rows import Row, of

# The tests look at one crawl, so they run in one process.
pytestmark = pytest.mark.xdist_group("crawler")


def matrix() -> dict[Address, Row]:
    """Return each address with its row."""
    rows = {place: {row.key: row for row in MATRIX[place]} for place in MATRIX}
    return {address: rows[place][of(address)] for place in rows for address in addresses(place)}


class Sender:
    """Sends a request through the whole product, in this process; CSRF tokens are not asked for, so the attack has all of them."""

    def __init__(self, personas: dict[str, dict[str, str]]) -> None:
        self._client, self._personas, self._sent = Client(raise_request_exception=False), personas, 0

    def __call__(self, request: Request) -> Reply:
        """Send it and return the answer as text."""
        self._sent += 1
        self._client.cookies.clear()
        cookies = "; ".join(f"{name}={value}" for name, value in self._personas[request.persona].items())
        answer: Any = self._client.generic(
            request.method,
            request.path,
            request.body,
            content_type="application/x-www-form-urlencoded",
            headers={**request.headers, "Cookie": cookies, "Host": request.host},
            REMOTE_ADDR=f"10.{self._sent >> 16 & 255}.{self._sent >> 8 & 255}.{self._sent & 255}",
        )
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        headers = "".join(f"{name}: {value}\n" for name, value in answer.items()) + answer.cookies.output()
        return Reply(answer.status_code, headers, body.decode("utf-8", "replace"))


@pytest.fixture(scope="module")
def findings(siege: Any) -> Findings:
    """The crawl over each address × method."""
    plan = sample(siege.attack, matrix(), seed=11)
    return crawl(plan, Sender(siege.attack.personas), siege.judge, requests=len(plan), renew=siege.renew)


def test_the_crawl_sends_each_method_to_each_view_and_sees_canaries_where_they_may_be(
    findings: Findings, siege: Any
) -> None:
    points = {(address.place, address.name, method) for address in matrix() for method in METHODS}
    assert {point[:3] for point in findings.covered} == points
    assert findings.requests >= 2500
    assert findings.shown >= 100, "the malls' own pages show their own canaries, or there are none to be found"
    assert len(siege.judge.victim.columns) >= 60, siege.judge.victim.left
    assert siege.judge.world.tables >= 60
    assert findings.statuses[404] > 300
    assert findings.statuses[200] > 100


def test_no_answer_carries_a_word_of_the_other_mall_t1_t2_t3_t12(findings: Findings) -> None:
    assert findings.leaks == []


def test_nothing_of_the_victim_changes_t1_t12(findings: Findings) -> None:
    assert findings.writes == []


def test_a_view_that_is_not_for_anyone_answers_no_stranger_t2(findings: Findings) -> None:
    assert findings.open_doors == []


def test_no_attack_crashes_a_view_of_ours(findings: Findings) -> None:
    assert findings.crashes == []


def test_the_crawl_finds_a_view_that_ignores_the_mall(siege: Any, findings: Findings, settings: Any) -> None:
    """The negative control: two planted views, one that shows and one that writes. Runs last, because it spoils the victim."""
    settings.ROOT_URLCONF = "tests.isolation.crawler.planted"
    rows = {
        address: Row(address.name, "anyone", schema="schema")
        for address in addresses("mall")
        if address.name.startswith("planted")
    }
    plan = sample(siege.attack, rows, seed=5)
    found = crawl(plan, Sender(siege.attack.personas), siege.judge, requests=len(plan))
    assert any("planted_leak" in leak and "orders_order.name" in leak for leak in found.leaks)
    assert any(write.startswith("orders_order changed") and "planted_write" in write for write in found.writes)
