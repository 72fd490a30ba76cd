"""Views and visits are counted in front of all, of whole public pages and people only, and nothing of a person is kept."""

from collections.abc import Iterator
from typing import Any

import pytest

from tenants.footfall import taking
from tenants.footfall.counting import Footfall, is_arrival, is_looked_at


def environ(path: str = "/", **more: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "HTTP_HOST": "riverside.localhost:8000",
        "HTTP_USER_AGENT": "Mozilla/5.0 (iPhone)",
        **more,
    }


@pytest.fixture
def nothing_counted() -> Iterator[None]:
    """Begin and end with nothing counted."""
    taking.forget(taking.take().name)
    yield
    taking.forget(taking.take().name)


def served(status: str = "200 OK") -> tuple[Footfall, list[str]]:
    said: list[str] = []

    def product(_environ: dict[str, Any], start: Any) -> list[bytes]:
        start(status, [])
        return [b"page"]

    return Footfall(product), said


def test_pages_are_counted_with_where_one_came_from_and_nothing_of_the_person(nothing_counted: None) -> None:
    footfall, said = served()
    start = lambda status, _headers, *_error: said.append(status)  # noqa: E731 - WSGI's callable
    own = "http://riverside.localhost:8000/deals/"
    for referer in ("", "https://search.example/?q=noodles", own, own):
        person = {"HTTP_REFERER": referer, "REMOTE_ADDR": "203.0.113.9", "HTTP_COOKIE": "sessionid=secret"}
        assert b"".join(footfall(environ("/deals/lunch/", **person), start)) == b"page"
    footfall.hand_over()
    (found,) = taking.take().looked
    assert (found.host, found.views, found.visits) == ("riverside.localhost", 4, 2)
    assert said == ["200 OK"] * 4
    with taking._client(patience_s=5) as client:
        kept = repr(client.hgetall(taking.TAKEN))
    assert not any(word in kept for word in ("203.0.113.9", "secret", "search.example", "lunch", "Mozilla"))


@pytest.mark.parametrize(
    "asked",
    [
        environ("/account/"),
        environ("/deals/lunch/buy/"),
        environ("/manage/"),
        environ(REQUEST_METHOD="HEAD"),
        environ(REQUEST_METHOD="POST"),
        environ(HTTP_HX_REQUEST="true"),
        environ(HTTP_SEC_PURPOSE="prefetch;prerender"),
        environ(HTTP_USER_AGENT="Mozilla/5.0 (compatible; Googlebot/2.1)"),
    ],
)
def test_what_is_no_look_of_a_person_at_a_public_page_is_not_counted(asked: dict[str, Any]) -> None:
    assert not is_looked_at(asked)
    assert is_looked_at(environ())


def test_errors_are_not_counted_and_a_broken_referer_is_a_visit(nothing_counted: None) -> None:
    footfall, _said = served("404 Not Found")
    list(footfall(environ(), lambda *_said: None))
    footfall.hand_over()
    assert taking.take().looked == []
    assert is_arrival(environ(HTTP_REFERER="http://[broken"))


def test_what_was_taken_comes_again_until_it_is_forgotten_and_new_counts_wait(nothing_counted: None) -> None:
    taking.add({"1900000|riverside.localhost": 3})
    assert [one.views for one in taking.take().looked] == [3]
    taking.add({"1900001|riverside.localhost": 5})
    assert [one.views for one in taking.take().looked] == [3], "the process was cut off before it forgot"
    first = taking.take().name
    taking.forget(first)
    assert [one.views for one in taking.take().looked] == [5]
    taking.forget(first)
    assert [one.views for one in taking.take().looked] == [5], "who is late forgets nothing of the next batch"


def test_without_valkey_pages_are_served_and_the_counts_wait(settings: Any, nothing_counted: None) -> None:
    footfall, _said = served()
    address, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    assert b"".join(footfall(environ(), lambda *_said: None)) == b"page"
    footfall.hand_over()
    settings.REDIS_URL = address
    footfall.hand_over()
    assert [one.views for one in taking.take().looked] == [1]
