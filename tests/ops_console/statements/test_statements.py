"""Finance's side of statements: found, answered, marked as paid only when the bank has it; nobody confirms for the merchant (M16)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from billing.statements import issuing, operations
from billing.statements.drafting import Place
from billing.statements.models import Statement
from saas.kernel.actors import Actor
from tenants.isolation.entrance import on_platform
from tests.factories.money import World

AT = "/ops/finance/statements/"
ALMA = Actor(kind="merchant", name="Alma")
OCTOBER = datetime(2026, 10, 6, 20, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def world(riverside: Any, bo: Any) -> World:
    """Return a mall with two used vouchers, settled and not paid."""
    made = World(riverside, bo, OCTOBER)
    for act, choice in (("buy", 7), ("redeem", 0), ("redeem", 0), ("wait", 2), ("release", 0), ("settle", 1)):
        with time_machine.travel(made.now, tick=False):
            made.step(act, choice)
    assert made.refused == {}
    return made


@pytest.fixture
def statement(world: World) -> Statement:
    """Return October's statement."""
    with on_platform():
        return issuing.issue_mall(place=Place(world.tenant.schema_name, "usd"), now=NOVEMBER)[0]


@pytest.fixture
def desk(client_for: Callable[..., Any], tomas: Any) -> Any:
    """Tomas of finance at the console."""
    return client_for(None, tomas)


def page(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def test_without_statements_the_page_says_when_they_come(desk: Any) -> None:
    assert "No statement yet" in page(desk, AT)


def test_finance_finds_an_open_question_and_answers_it(desk: Any, world: World, statement: Statement) -> None:
    of: dict[str, Any] = {"statement": statement.public_id, "schema": world.tenant.schema_name}
    operations.ask(**of, text="Why so little?", by=ALMA, now=NOVEMBER)
    listed = page(desk, f"{AT}?state=question&q=river&month=2026-10")
    for word in ("1 question of a merchant is open", "Riverside Noodles", "$46.58"):
        assert word in listed
    assert "No statement is like that" in page(desk, f"{AT}?q=hillside")
    at = f"{AT}{statement.public_id}/"
    assert "Why so little?" in page(desk, at)
    assert desk.post(f"{at}answer/", {"text": ""}).status_code == 422
    assert desk.post(f"{at}answer/", {"text": "It is the hold."}).status_code == 302
    assert Statement.objects.get().state == "issued"
    assert "It is the hold." in page(desk, at)


def test_a_statement_is_marked_as_paid_when_the_bank_has_it_and_not_before(
    desk: Any, world: World, statement: Statement
) -> None:
    at = f"{AT}{statement.public_id}/"
    operations.confirm(statement=statement.public_id, schema=world.tenant.schema_name, by=ALMA, now=NOVEMBER)
    answer = desk.post(f"{at}paid/", follow=True)
    assert "has reached the bank" in answer.content.decode()
    assert Statement.objects.get().state == "confirmed"
    with time_machine.travel(NOVEMBER, tick=False):
        world.now = NOVEMBER
        world.step("pay_out", 3)
    assert desk.post(f"{at}paid/").status_code == 302
    assert (Statement.objects.get().state, Statement.objects.get().paid_by) == ("paid", "Tomas")


def test_others_of_the_agency_look_and_neither_answer_nor_mark(
    client_for: Callable[..., Any], mei: Any, nobody: Any, world: World, statement: Statement
) -> None:
    of: dict[str, Any] = {"statement": statement.public_id, "schema": world.tenant.schema_name}
    operations.ask(**of, text="Why?", by=ALMA, now=NOVEMBER)
    at, looks = f"{AT}{statement.public_id}/", client_for(None, mei)
    assert "Send the answer" not in page(looks, at)
    assert [looks.post(f"{at}{act}/", {"text": "So."}).status_code for act in ("answer", "paid")] == [403, 403]
    assert client_for(None, nobody).get(at).status_code == 403
    assert client_for(None).get(at).status_code == 302
    assert Statement.objects.get().state == "question"


def test_the_console_tells_a_vouchers_money_as_the_merchant_sees_it(desk: Any, world: World, hillside: Any) -> None:
    unit = next(iter(world.model.units.values()))
    told = page(desk, f"/ops/malls/{world.tenant.public_id}/vouchers/{unit.public_id}/")
    places = [told.index(word) for word in (">Paid<", ">Used<", "Available to the merchant")]
    assert places == sorted(places)
    assert desk.get(f"/ops/malls/{hillside.public_id}/vouchers/{unit.public_id}/").status_code == 404
