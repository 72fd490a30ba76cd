"""The landing page and the hub that leads people to their own mall."""

from typing import Any

import pytest


def test_the_landing_page_links_the_example_malls(client_for: Any, riverside: Any, hillside: Any) -> None:
    page = client_for(None).get("/").content.decode()
    assert "http://riverside.localhost" in page
    assert "Hillside Salon" in page
    assert 'href="/signup/"' in page


def test_the_form_is_shown_without_malls_too(client_for: Any) -> None:
    assert client_for(None).get("/signup/").status_code == 200


@pytest.mark.parametrize(
    "typed",
    [
        "riverside",
        "Riverside Noodles",
        "riverside.localhost",
        "http://riverside.localhost:8000/deals/",
        " RIVERSIDE ",
        "riverside.localhost.",
    ],
)
def test_the_hub_finds_a_mall_by_what_people_type(client_for: Any, riverside: Any, typed: str) -> None:
    answer = client_for(None).get("/signin/", {"mall": typed})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("http://riverside.localhost")
    assert answer.headers["Location"].endswith("/account/login/?next=/manage/")


@pytest.mark.parametrize(
    "typed", ["", "nobody", "evil.example", "http://[", "localhost", "m_00template000000", "'; drop--"]
)
def test_the_hub_sends_nobody_elsewhere(client_for: Any, riverside: Any, typed: str) -> None:
    answer = client_for(None).get("/signin/", {"mall": typed})
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.content.decode()


def test_the_hub_knows_agency_staff(client_for: Any) -> None:
    assert "/account/login/?next=/ops/" in client_for(None).get("/signin/").content.decode()
