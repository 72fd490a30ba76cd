"""The merchant's pages of hosting."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ops_console.contracts import compiling, drafting, signing, text
from ops_console.contracts.drafting import VersionDraft
from ops_console.work.clauses import from_json
from saas.accounts.middleware import actor_for
from saas.kernel import clock
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories import hosting
from tests.factories.sessions import confirm


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


@pytest.fixture
def sent(riverside: Any, mei: Any) -> Any:
    """A contract that begins in a week and waits for Alma."""
    now = clock.now()
    return hosting.sent(riverside, mei, now=now, starts_on=(now + timedelta(days=7)).date())


def _path(version: Any, rest: str = "") -> str:
    return f"/manage/hosting/contracts/{version.contract.public_id}/{rest}"


def test_the_merchant_reads_it_in_short_and_word_for_word(
    riverside: Any, alma: Any, sent: Any, client_for: Callable[..., Any]
) -> None:
    client = client_for(riverside, alma)
    assert all(
        "waits for your answer" in client.get(page).content.decode() for page in ("/manage/", "/manage/hosting/")
    )
    page = html.unescape(client.get(_path(sent)).content.decode())
    assert all(line.text in page for line in text.blocks(sent.text))
    assert "each Monday, Wednesday, and Friday" in page
    assert client.get("/manage/hosting/contract/")["Location"] == _path(sent)
    assert client.get(_path(sent, "versions/1/pdf/")).content.startswith(b"%PDF")


def test_the_merchant_reads_what_a_new_version_changes_line_by_line_and_within_which_limits(
    riverside: Any, alma: Any, mei: Any, client_for: Callable[..., Any]
) -> None:
    now = clock.now()
    contract = hosting.signed(riverside, mei, now=now, starts_on=(now + timedelta(days=2)).date())
    by = actor_for(mei)
    row = drafting.amend(contract=contract.public_id, effective_on=(now + timedelta(days=9)).date(), by=by, now=now)
    clauses = [replace(from_json(one), grace_hours=7) for one in row.clauses]
    limits = row.limits | {"price_cut_percent": 33}
    draft = VersionDraft(clauses, row.prices, limits, row.effective_on, "Nothing much")
    drafting.change(contract=contract.public_id, version=draft, by=by, now=now)
    version = signing.send(contract=contract.public_id, by=by, now=now)
    assert "(and 7 hours of grace)" in version.text
    page = html.unescape(client_for(riverside, alma).get(_path(version)).content.decode())
    changes = page[page.index("What version 2 changes against version 1") : page.index("Every other line stays")]
    assert re.search("<del>.*hours of grace.*<ins>.*7 hours of grace", changes, re.DOTALL)
    assert "33 %" in changes
    assert "33 % for a price cut" in page
    assert "All of them together give back no more than $200.00 on one day" in version.text
    assert "refunds of more than $200.00 on one day" in page
    assert "The mall, what is sold in it" not in changes


def test_signing_wants_the_password_and_a_name(
    riverside: Any, alma: Any, sent: Any, client_for: Callable[..., Any]
) -> None:
    client = client_for(riverside, alma)
    asked = client.get(_path(sent, "sign/"))
    assert "reauthenticate" in asked["Location"]
    hand = {"name": "Alma Reyes", "is_read": "on", "text_hash": sent.text_hash}
    assert "reauthenticate" in client.post(_path(sent, "sign/"), hand)["Location"]
    assert not sent.signatures.exists()
    with inside(riverside):
        confirm(client, alma)
    assert client.post(_path(sent, "sign/"), hand | {"name": ""}).status_code == 422
    assert client.post(_path(sent, "sign/"), hand | {"text_hash": "0" * 64}).status_code == 422
    assert not sent.signatures.exists()
    assert client.post(_path(sent, "sign/"), hand, headers={"user-agent": "Firefox"}).status_code == 302
    one = sent.signatures.get()
    assert (one.name, one.email, one.ip, one.user_agent) == ("Alma Reyes", alma.email, "127.0.0.1", "Firefox")


def test_who_has_no_password_and_came_in_a_while_ago_is_told_why_they_sign_in_again(
    riverside: Any, alma: Any, sent: Any, client_for: Callable[..., Any]
) -> None:
    with inside(riverside):
        alma.set_unusable_password()
        alma.save()
    page = client_for(riverside, alma).get(_path(sent, "sign/"), follow=True).content.decode()
    assert "sign in once more" in page


def test_another_malls_contract_is_not_there(
    hillside: Any, cleo: Any, sent: Any, client_for: Callable[..., Any]
) -> None:
    client = client_for(hillside, cleo)
    with inside(hillside):
        confirm(client, cleo)
    for rest in ("", "sign/", "decline/", "end/", "versions/1/pdf/"):
        assert client.get(_path(sent, rest)).status_code == 404
    assert "waits for your answer" not in client.get("/manage/hosting/").content.decode()


def test_declining_wants_a_reason(riverside: Any, alma: Any, sent: Any, client_for: Callable[..., Any]) -> None:
    client = client_for(riverside, alma)
    assert client.post(_path(sent, "decline/"), {"reason": ""}).status_code == 422
    assert client.post(_path(sent, "decline/"), {"reason": "Too dear"}).status_code == 302
    sent.contract.refresh_from_db()
    assert sent.contract.state == "declined"


def test_the_merchant_ends_a_contract_that_runs_and_sees_when_it_is_over(
    riverside: Any, alma: Any, mei: Any, sent: Any, client_for: Callable[..., Any]
) -> None:
    hosting.sign_both(sent, riverside, mei, now=clock.now())
    client = client_for(riverside, alma)
    with inside(riverside):
        confirm(client, alma)
    assert "It is over on" in client.get(_path(sent, "end/")).content.decode()
    assert client.post(_path(sent, "end/"), {"reason": ""}).status_code == 302
    sent.contract.refresh_from_db()
    assert sent.contract.ends_on == sent.contract.minimum_until
    assert "It is over on" in client.get(_path(sent)).content.decode()


def test_what_was_drafted_and_never_sent_is_not_the_merchants_to_read(
    riverside: Any, alma: Any, mei: Any, client_for: Callable[..., Any]
) -> None:
    now = clock.now()
    contract = hosting.draft(riverside, mei, now=now, starts_on=(now + timedelta(days=7)).date())
    signing.withdraw(contract=contract.public_id, reason="Priced too low", by=actor_for(mei), now=now)
    client = client_for(riverside, alma)
    assert contract.number not in client.get("/manage/hosting/").content.decode()
    assert client.get(f"/manage/hosting/contracts/{contract.public_id}/").status_code == 404


def test_between_both_signatures_and_the_beginning_the_page_says_so_and_asks_again(
    riverside: Any, alma: Any, mei: Any, client_for: Callable[..., Any]
) -> None:
    now = clock.now()
    today = now.astimezone(hosting.zone_of(riverside)).date()
    contract = hosting.signed(riverside, mei, now=now, starts_on=today)
    pages = [
        (client_for(riverside, alma), f"/manage/hosting/contracts/{contract.public_id}/"),
        (client_for(None, mei), f"/ops/contracts/{contract.public_id}/"),
    ]
    for client, path in pages:
        assert 'hx-trigger="every 3s"' in client.get(path).content.decode()
    compiling.apply_due(now=now)
    for client, path in pages:
        assert 'hx-trigger="every 3s"' not in client.get(path).content.decode()


def test_a_merchant_whose_sales_are_stopped_reads_why(
    riverside: Any, alma: Any, client_for: Callable[..., Any]
) -> None:
    Tenant.objects.filter(pk=riverside.pk).update(status="suspended", suspended_reason="The licence has run out")
    assert "The licence has run out" in client_for(riverside, alma).get("/manage/hosting/").content.decode()
