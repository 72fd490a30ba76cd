"""T1, T2, T3, T5, T12: every view × method with foreign ids, sessions and host tricks; nothing of the other mall shows or changes."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import RequestFactory
from django.test.client import ClientHandler

from tenants.registry.models import Tenant
from tests.isolation.crawler import hasty, hosts, throng
from tests.isolation.crawler.addresses import addresses
from tests.isolation.crawler.crawl import Findings, Reply, crawl
from tests.isolation.crawler.loot import cookies
from tests.isolation.crawler.matrix import by_address
from tests.isolation.crawler.plan import METHODS, Request, sample
from tests.isolation.crawler.rows import Row

# The tests look at one crawl, so they run in one process.
pytestmark = pytest.mark.xdist_group("crawler")


class Straight(RequestFactory):
    """Sends what it makes through the product, and keeps nothing: Django's `Client` copies the context of each template that it sees."""

    def __init__(self) -> None:
        super().__init__()
        self._handler = ClientHandler(enforce_csrf_checks=False)

    def request(self, **request: Any) -> Any:
        """Send a request and return its answer."""
        return self._handler(self._base_environ(**request))


class Sender:
    """Sends a request through the whole product, in this process; CSRF tokens are not asked for, so the attack has all of them."""

    def __init__(self, personas: dict[str, dict[str, str]]) -> None:
        self._client, self._personas, self._sent = Straight(), personas, 0

    def __call__(self, request: Request) -> Reply:
        """Send it and return the answer as text."""
        self._sent += 1
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
    plan = sample(siege.attack, by_address(), seed=11)
    return crawl(plan, Sender(siege.attack.personas), siege.judge, requests=len(plan), renew=siege.renew)


def test_the_crawl_sends_each_method_to_each_view_and_sees_canaries_where_they_may_be(
    findings: Findings, siege: Any
) -> None:
    points = {(address.place, address.name, method) for address in by_address() for method in METHODS}
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


# Keys that belong to no mall: limits that count over all malls, and Celery's queues.
OF_NO_MALL = re.compile(r"(LIMITS?R?:|.*limits|_kombu|unacked|celery|background|epoch)")
OF_A_MALL = re.compile(r"^[^:]*:?(m_[a-z0-9]{16}|public)(:|$)")


def test_every_key_in_valkey_after_the_crawl_is_one_malls_or_on_the_list_t7(findings: Findings) -> None:
    keys = [key.decode() for key in redis.Redis.from_url(settings.REDIS_URL).scan_iter(count=1000)]
    ours = [key for key in keys if OF_A_MALL.match(key)]
    assert len(ours) >= 10, keys[:20]
    assert [key for key in keys if not OF_A_MALL.match(key) and not OF_NO_MALL.match(key)] == []


@pytest.fixture(scope="module")
def served(besieged_database: tuple[str, str], siege: Any) -> Iterator[int]:
    """The besieged malls behind the product's own server, for what only a real one reads and does."""
    url, media = besieged_database
    with throng.serving(database=url, media=media) as port:
        yield port


def test_a_host_in_any_spelling_leads_to_its_own_mall_or_nowhere_t3(served: int, siege: Any) -> None:
    spellings = hosts.variants("riverside.localhost", "hillside.localhost", port=served)
    assert len(spellings) >= 80
    plain = {
        name: hosts.asked(f"GET / HTTP/1.1\r\nHost: {name}.localhost\r\n", port=served)
        for name in ("riverside", "hillside")
    }
    assert siege.judge.attacker.found(plain["riverside"]), (
        "the malls' pages show their canaries, or nothing can be found"
    )
    assert siege.judge.victim.found(plain["hillside"])
    wrong = [(line, found) for line in spellings if (found := hosts.leads_astray(line, port=served, marks=siege.judge))]
    assert wrong == []


def test_many_threads_of_the_server_answer_two_malls_and_none_shows_the_other_t5(served: int, siege: Any) -> None:
    """24 clients, every other request for the other mall. A view that keeps its mall for the process is the negative control."""
    owners = {"riverside": "alma@riverside.example", "hillside": "cleo@hillside.example"}
    own = {"riverside": siege.judge.attacker, "hillside": siege.judge.victim}
    other = {"riverside": siege.judge.victim, "hillside": siege.judge.attacker}
    sessions = {slug: cookies(Tenant.objects.get(slug=slug), email) for slug, email in owners.items()}
    asked = throng.storm(served, sessions)
    assert len(asked) == throng.CLIENTS * len(throng.GUEST + throng.OWNER + throng.PLANTED)
    assert Counter(f"{one.status} {one.mall}{one.path}" for one in asked if one.status != 200) == {}
    ours = [one for one in asked if one.path != hasty.PATH]
    wrong = [(one.mall, one.path, found) for one in ours if (found := other[one.mall].found(one.text))]
    assert wrong == []
    shown = {(one.mall, one.path) for one in ours if own[one.mall].found(one.text)}
    assert len(shown) >= 2 * len(throng.GUEST + throng.OWNER) - 4, f"too little was shown that may be: {sorted(shown)}"
    assert any(other[one.mall].found(one.text) for one in asked if one.path == hasty.PATH), "the threads never met"


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
