"""The merchant's pages of hosting."""

from collections.abc import Callable
from typing import Any


def test_a_mall_without_a_contract_is_told_that_it_runs_itself(
    riverside: Any, alma: Any, client_for: Callable[..., Any]
) -> None:
    page = client_for(riverside, alma).get("/manage/hosting/")
    assert page.status_code == 200
    assert "You run this mall yourself" in page.content.decode()


def test_hosting_is_not_for_clerks_nor_for_strangers(riverside: Any, bo: Any, client_for: Callable[..., Any]) -> None:
    assert client_for(riverside, bo).get("/manage/hosting/").status_code != 200
    answer = client_for(riverside).get("/manage/hosting/")
    assert answer.status_code == 302
    assert "login" in answer["Location"]
