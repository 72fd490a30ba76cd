"""A crowd at one host leaves turns for the others (A5)."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tenants.frontcache.turns import FairTurns, away
from tenants.registry.names import host_in
from tests.billing.sandbox.process import eventually


class Shop:
    """An application whose answers wait until they are let go, and that notes who is inside."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.most: dict[str, int] = {}
        self.go = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        host = host_in(environ["HTTP_HOST"])
        with self.lock:
            self.inside.append(host)
            self.most[host] = max(self.most.get(host, 0), self.inside.count(host))
        if host == "broken":
            raise ZeroDivisionError
        assert self.go.wait(20)
        with self.lock:
            self.inside.remove(host)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return _Answer(host)


class _Answer(list[bytes]):
    """As Django's: a body that says whether it is a stream, and is closed."""

    streaming = False

    def __init__(self, host: str) -> None:
        super().__init__([host.encode()])

    def close(self) -> None:
        """Nothing is held."""


def ask(turns: FairTurns, host: str) -> tuple[str, bytes]:
    said: list[str] = []
    body = b"".join(turns({"HTTP_HOST": host}, lambda status, *_more: said.append(status)))
    return said[0], body


@pytest.fixture
def limits(settings: Any) -> Any:
    settings.FRONT_TURNS, settings.FRONT_TURNS_PER_HOST, settings.FRONT_TURNS_WAITING = 3, 2, 5
    return settings


def test_a_crowd_takes_its_share_and_a_neighbour_walks_in(limits: Any) -> None:
    shop = Shop()
    turns = FairTurns(shop)
    with ThreadPoolExecutor(20) as pool:
        spellings = ("crowded", "Crowded:1", "crowded.", "CROWDED:02")
        crowd = [pool.submit(ask, turns, spellings[number % 4]) for number in range(12)]
        eventually(lambda: shop.inside.count("crowded") == 2)
        neighbour = pool.submit(ask, turns, "quiet")
        eventually(lambda: "quiet" in shop.inside)
        assert shop.inside.count("crowded") == 2
        eventually(
            lambda: sum(one.done() for one in crowd) == 5
        )  # all have come: two inside, five wait, five were sent away
        shop.go.set()
        assert neighbour.result() == ("200 OK", b"quiet")
        answers = [one.result() for one in crowd]
    assert shop.most["crowded"] == 2
    served = [body for status, body in answers if status == "200 OK"]
    sent_away = [body for status, body in answers if status.startswith("503")]
    assert len(served) == 2 + 5
    assert served == [b"crowded"] * 7
    assert len(sent_away) == 5
    assert all(b"tries again" in body for body in sent_away)


def test_control_without_turns_the_crowd_is_all_inside(limits: Any) -> None:
    limits.FRONT_TURNS = 0
    shop = Shop()
    turns = FairTurns(shop)
    with ThreadPoolExecutor(20) as pool:
        crowd = [pool.submit(ask, turns, "crowded") for _number in range(12)]
        eventually(lambda: shop.inside.count("crowded") == 12)
        shop.go.set()
        assert all(one.result() == ("200 OK", b"crowded") for one in crowd)


def test_an_error_reaches_the_server_and_the_turn_is_given_back(limits: Any) -> None:
    shop = Shop()
    shop.go.set()
    turns = FairTurns(shop)
    for _time in range(5):
        with pytest.raises(ZeroDivisionError):
            ask(turns, "broken")
    assert ask(turns, "quiet") == ("200 OK", b"quiet")


def test_a_stream_is_handed_on_as_it_is(limits: Any) -> None:
    def stream(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return iter([b"one ", b"two"])

    assert ask(FairTurns(stream), "quiet") == ("200 OK", b"one two")


@pytest.mark.parametrize("waits_for", ["somebody's server", "the body of its own request"])
def test_while_others_are_here_one_request_of_a_host_is_computed_and_more_only_while_it_waits_elsewhere(
    waits_for: str, limits: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.frontcache.turns.ALONE_AFTER_S", 60)
    shop, gone, back = Shop(), threading.Event(), threading.Event()

    class SlowPhone:
        def read(self, _size: int) -> bytes:
            gone.set()
            assert back.wait(20)
            return b"a body"

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("WAITS") and waits_for == "somebody's server":
            with away():
                SlowPhone().read(6)
        elif environ.get("WAITS"):
            assert environ["wsgi.input"].read(6) == b"a body"
        return shop(environ, start_response)

    turns = FairTurns(application)
    with ThreadPoolExecutor(20) as pool:
        neighbour = pool.submit(ask, turns, "quiet")
        eventually(lambda: shop.inside == ["quiet"])
        buyer = pool.submit(
            turns, {"HTTP_HOST": "crowded", "WAITS": True, "wsgi.input": SlowPhone()}, lambda *_said: None
        )
        assert gone.wait(20)
        crowd = [pool.submit(ask, turns, "crowded") for _number in range(3)]
        eventually(lambda: shop.inside == ["quiet", "crowded"])  # the buyer's request is away and holds a turn
        back.set()
        eventually(lambda: shop.inside == ["quiet", "crowded", "crowded"])  # it came back: nobody is thrown out for it
        shop.most.clear()
        shop.go.set()
        assert [one.result()[0] for one in (neighbour, *crowd)] == ["200 OK"] * 4
        buyer.result()
    assert shop.most["crowded"] == 1
