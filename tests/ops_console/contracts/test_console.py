"""Contracts in the console: from a quote to both signatures, by hand."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta

from billing.packages.models import Price
from ops_console.contracts import drafting, quoting
from ops_console.contracts.clause_forms import ClauseForm
from ops_console.contracts.console_forms import PricesForm
from ops_console.contracts.models import Contract, Quote
from ops_console.work.clauses import Clause
from ops_console.work.models import Plan, Task
from saas.kernel import clock
from tests.factories import hosting
from tests.factories.sessions import confirm


@pytest.fixture
def at_ops(mei: Any, client_for: Callable[..., Any]) -> Any:
    """Mei's client on the platform, who has just given her password."""
    client = client_for(None, mei)
    confirm(client, mei)
    return client


@pytest.mark.django_db
def test_a_draft_for_the_31st_opens_as_its_rule_and_not_as_the_last_day_of_each_month() -> None:
    """Else to save the form, with nothing changed in it, made another promise of it."""
    rules = {day: Clause("2.1", "", "", "", "Post", rrule=f"FREQ=MONTHLY;BYMONTHDAY={day}") for day in (28, 29, 31, -1)}
    often = {day: ClauseForm(clause=clause, currency="usd").initial["often"] for day, clause in rules.items()}
    assert often == {28: "monthly", 29: "rule", 31: "rule", -1: "monthly"}


LIMITS = {"refund": "40", "refund_day": "120", "price_cut_percent": 10, "coupon_uses": 50}


def test_a_quote_becomes_a_contract_that_is_sent_and_signed(riverside: Any, mei: Any, at_ops: Any) -> None:
    now = clock.now()
    prices = list(hosting.module(now=now).prices.values_list("public_id", flat=True))
    quoted = {
        "title": "Hosting", "language": "en", "prices": prices, "own_what": "Menu board", "own_kind": "one_off",
        "own_amount": "80", "minimum_months": 3, "notice_days": 30,
    }  # fmt: skip
    assert at_ops.get(f"/ops/malls/{riverside.public_id}/quote/").status_code == 200
    short = at_ops.post(f"/ops/malls/{riverside.public_id}/quote/", quoted | {"minimum_months": 1})
    assert "runs at least 3 months" in short.content.decode()
    assert at_ops.post(f"/ops/malls/{riverside.public_id}/quote/", quoted).status_code == 302
    quote = Quote.objects.get()
    assert [one["amount_minor"] for one in quote.lines] == [20_000, 8_000]
    start = (now + timedelta(days=7)).date()
    terms = {
        "starts_on": start,
        "minimum_months": 3,
        "notice_days": 30,
        "account_manager": mei.pk,
        "pays_by": "invoice",
    }
    past = terms | {"starts_on": (now - timedelta(days=3)).date()}
    assert at_ops.post(f"/ops/quotes/{quote.public_id}/", past).status_code == 422
    assert at_ops.post(f"/ops/quotes/{quote.public_id}/", terms).status_code == 302
    contract = Contract.objects.get()
    here = f"/ops/contracts/{contract.public_id}/"
    assert at_ops.get(here).status_code == 200
    clause = {
        "title": "Post", "often": "weekly", "weekdays": ["MO", "TU", "WE", "TH", "FR"], "at": "11:00", "due_hours": 6,
        "grace_hours": 12, "holidays": "skip", "minutes": 40, "credit": "12.50", "permissions": ["refunds.decide"],
    }  # fmt: skip
    assert at_ops.get(f"{here}clauses/2.1/").status_code == 200
    assert at_ops.post(f"{here}clauses/2.1/", clause | {"weekdays": []}).status_code == 422
    assert at_ops.post(f"{here}clauses/2.1/", clause).status_code == 302
    assert (
        at_ops.post(f"{here}clauses/new/", clause | {"title": "Answer comments", "often": "daily"}).status_code == 302
    )
    never = clause | {"often": "rule", "rule": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"}
    assert "No month has such a day" in at_ops.post(f"{here}clauses/2.1/", never).content.decode()
    no_such_day = at_ops.post(f"{here}clauses/2.1/", clause | {"often": "monthly", "month_day": 30})
    assert "Not every month has this day" in no_such_day.content.decode()
    assert at_ops.post(f"{here}clauses/2.1/", clause | {"often": "rule", "rule": ""}).status_code == 422
    for title in ("Another that had the number", contract.versions.get().clauses[1]["title"]):
        assert at_ops.post(f"{here}clauses/2.2/remove/", {"title": title}).status_code == 302
        assert (len(contract.versions.get().clauses) == 3) == (title == "Another that had the number")
    assert at_ops.post(f"{here}limits/", LIMITS).status_code == 302
    amounts = {"line_0": "210", "line_1": "80", "own_what": ""}
    assert at_ops.post(f"{here}prices/", amounts | {"own_amount": "15"}).status_code == 422, "what for?"
    assert at_ops.post(f"{here}prices/", amounts).status_code == 302
    preview = at_ops.get(f"{here}preview/").content.decode()
    for said in ("2.1 Post: each Monday, Tuesday, Wednesday, Thursday, and Friday (left out on public holidays), from 11:00",
                 "2.3 Answer comments: each day", "decide about refunds, within the limits below (clause 2.1, 2.3)",
                 "$12.50", "$40.00", "$120.00 on one day", "Social: $210.00 each month", "Menu board: $80.00 once"):  # fmt: skip
        assert said in preview
    assert "Set up the channels" not in preview
    assert at_ops.post(f"{here}send/").status_code == 302
    version = contract.versions.get()
    assert contract.number not in at_ops.get("/ops/contracts/?waits=agency").content.decode(), "the merchant's turn"
    assert "1 contract waits for the merchant’s signature" in at_ops.get("/ops/").content.decode()
    hosting.signing.sign(
        contract=contract.public_id,
        schema=riverside.schema_name,
        hand=hosting.hand(version),
        by=hosting.ALMA,
        now=clock.now(),
    )
    assert at_ops.get("/ops/contracts/?waits=agency").content.decode().count(contract.number) == 1
    assert "1 contract waits for the agency’s signature" in at_ops.get("/ops/").content.decode()
    assert contract.number not in at_ops.get("/ops/contracts/?waits=merchant").content.decode()
    hand = {"name": "Mei Tan", "is_read": "on", "text_hash": version.text_hash}
    assert at_ops.get(f"{here}sign/").status_code == 200
    assert at_ops.post(f"{here}sign/", hand).status_code == 302
    contract.refresh_from_db()
    assert contract.state == "signed"
    assert at_ops.get(f"{here}versions/1/pdf/").content.startswith(b"%PDF")


def test_a_promise_of_its_own_says_under_which_module_how_it_is_proved_and_judged(
    riverside: Any, mei: Any, at_ops: Any, now: datetime
) -> None:
    """A custom contract: the merchant reads in the text by what the work is shown and by which figures it is judged."""
    contract = hosting.draft(riverside, mei, now=now, starts_on=now.date() + timedelta(days=7))
    menus = hosting.module("Menus", now=now)
    here = f"/ops/contracts/{contract.public_id}/"
    own = {
        "title": "Print the menu", "often": "daily", "at": "11:00", "due_hours": 6, "grace_hours": 0, "holidays": "keep", "minutes": 40,
        "module": menus.public_id, "checklist": "Prices are today's\n\n Allergens named ", "evidence": ["picture", "figure"],
        "figures": "menus printed, readers", "place": "/manage/products/",
    }  # fmt: skip
    assert at_ops.post(f"{here}clauses/new/", own | {"place": "https://evil.example/"}).status_code == 422
    assert at_ops.post(f"{here}clauses/new/", own).status_code == 302
    clause = contract.versions.get().clauses[-1]
    assert (clause["module_name"], clause["checklist"]) == ("Menus", ["Prices are today's", "Allergens named"])
    assert (clause["evidence"], clause["place"]) == (["picture", "figure"], "/manage/products/")
    said = " ".join(at_ops.get(f"{here}preview/").content.decode().split())
    assert "Shown by: a picture, a figure. Judged by: menus printed, readers." in said


@pytest.mark.parametrize(
    ("currency", "month", "expected"),
    [
        ("usd", None, 1_500),
        ("cny", 100_000, 7_500),
        ("jpy", 30_100, 2_258),
        ("kwd", 61_500, 5_000),
        ("eur", None, 1_500),
    ],
)
@pytest.mark.django_db
def test_a_missed_task_gives_back_the_same_share_of_the_price_in_every_currency(
    now: datetime, currency: str, month: int | None, expected: int
) -> None:
    """15.00 of 200.00 dollars is no 15.00 of 1,000.00 yuan; without a price in a currency nothing is known of it."""
    module = hosting.module(now=now)
    if month:
        Price.objects.create(module=module, kind="monthly", currency=currency, amount_minor=month, created_at=now)
    assert [one.credit_minor for one in quoting.clauses_of([module.pk], currency)] == [expected, 0]


@pytest.mark.django_db
def test_a_price_that_is_replaced_leaves_a_missed_task_giving_back_what_it_gave(now: datetime) -> None:
    """A price is never changed: another one is added and it is retired. The credit stays in its currency, and is no $15.00 read as yuan."""
    module = hosting.module(now=now)
    common = {"module": module, "kind": "monthly"}
    Price.objects.create(currency="cny", amount_minor=100_000, created_at=now, **common)
    Price.objects.filter(currency="usd").update(retired_at=now)
    Price.objects.create(currency="usd", amount_minor=30_000, created_at=now + timedelta(days=1), **common)
    found = {currency: quoting.clauses_of([module.pk], currency)[0].credit_minor for currency in ("usd", "cny")}
    assert found == {"usd": 1_500, "cny": 5_000}


def test_clauses_are_given_to_people_on_the_contracts_page(riverside: Any, mei: Any, ada: Any, at_ops: Any) -> None:
    now = clock.now()
    contract = hosting.signed(riverside, mei, now=now, starts_on=now.date() + timedelta(days=2))
    page = at_ops.get(f"/ops/contracts/{contract.public_id}/people/").content.decode()
    plans = list(Plan.objects.filter(contract=contract.public_id))
    assert all(said in page for said in ("2.1 Post", *(plan.public_id for plan in plans)))
    here = f"/ops/contracts/{contract.public_id}/people/"
    assert at_ops.post(here, {plans[0].public_id: ""}).status_code == 422, "there is always somebody"
    given = {plan.public_id: ada.public_id for plan in plans}
    assert "tasks go along" in at_ops.post(here, given, follow=True).content.decode()
    (seen,) = re.findall('name="seen" value="([^"]+)"', page)
    stale = {plan.public_id: mei.public_id for plan in plans} | {"seen": seen}
    assert at_ops.post(here, stale).status_code == 302
    assert set(Task.objects.values_list("assignee", flat=True)) == {ada.pk}, "what another has given since stays given"


def test_what_is_no_amount_is_one_error_of_a_line_of_its_own() -> None:
    typed = {"own_what": "Banner", "own_amount": "lots"}
    form = PricesForm(typed, lines=[], currency="usd", charged=())
    assert form.errors["own_amount"] == ["“lots” is not an amount."]
    assert (
        "has a text and an amount"
        in PricesForm(typed | {"own_amount": ""}, lines=[], currency="usd", charged=()).errors["own_amount"][0]
    )


def test_of_two_who_change_a_draft_the_second_sees_the_first_ones_change_before_saving(
    riverside: Any, mei: Any, at_ops: Any, now: datetime
) -> None:
    """Amounts are typed line by line: sent to other lines than those that were shown, they would be another thing's price."""
    contract = hosting.draft(riverside, mei, now=now, starts_on=now.date() + timedelta(days=7))
    here = f"/ops/contracts/{contract.public_id}/"
    (seen,) = re.findall('name="seen" value="([0-9a-f]{64})"', at_ops.get(f"{here}prices/").content.decode())
    small = at_ops.post(f"{here}limits/", LIMITS | {"refund_day": "39", "seen": seen})
    assert small.status_code == 422, "a day's refunds are not less than one"
    assert at_ops.post(f"{here}limits/", LIMITS | {"seen": seen}).status_code == 302
    page = at_ops.post(f"{here}prices/", {"line_0": "999", "seen": seen}, follow=True)
    assert "Somebody else changed this draft" in page.content.decode()
    again = at_ops.post(f"{here}limits/", LIMITS | {"refund": "77", "seen": seen})
    assert (again.status_code, "77" in again.content.decode()) == (422, True)
    (version,) = contract.versions.all()
    assert (version.prices[0]["amount_minor"], version.limits["refund_minor"]) == (20_000, 4_000)


def test_a_new_version_is_shown_against_the_one_before(riverside: Any, mei: Any, at_ops: Any) -> None:
    now = clock.now()
    contract = hosting.signed(riverside, mei, now=now, starts_on=(now + timedelta(days=2)).date())
    here = f"/ops/contracts/{contract.public_id}/"
    day = (now + timedelta(days=9)).date()
    begins = contract.starts_on + relativedelta(months=1)
    form = at_ops.get(f"{here}amend/").content.decode()
    assert f'value="{begins}"' in form, "the contract's next month that leaves fourteen days for an answer"
    assert "leaves both sides the 14 days" in form
    late = now + timedelta(days=25)
    assert drafting.day_to_propose(contract.public_id, now=late) == contract.starts_on + relativedelta(months=2)
    assert at_ops.post(f"{here}amend/", {"effective_on": (now - timedelta(days=2)).date()}).status_code == 422
    assert at_ops.post(f"{here}amend/", {"effective_on": day}).status_code == 302
    assert at_ops.post(f"{here}prices/", {"line_0": "260"}).status_code == 302
    assert at_ops.post(f"{here}send/").status_code == 302
    page = at_ops.get(f"{here}versions/2/changes/").content.decode()
    gone, _mark, new = page.partition("Comes:")
    assert "Social: $200.00 each month" in page
    assert "Social: $260.00 each month" in page
    assert gone
    assert new
    assert at_ops.get(here).status_code == 200


def test_only_an_admin_ends_a_contract_at_once(
    riverside: Any, mei: Any, ada: Any, at_ops: Any, client_for: Callable[..., Any]
) -> None:
    now = clock.now()
    contract = hosting.signed(riverside, mei, now=now, starts_on=(now + timedelta(days=1)).date())
    here = f"/ops/contracts/{contract.public_id}/"
    reason = {"reason": "The mall sells what the law forbids"}
    assert at_ops.post(f"{here}end-now/", reason).status_code == 403
    admin = client_for(None, ada)
    confirm(admin, ada)
    assert admin.post(f"{here}end-now/", {"reason": "No"}).status_code == 422
    assert admin.post(f"{here}end-now/", reason).status_code == 302
    contract.refresh_from_db()
    assert (contract.state, contract.is_for_cause) == ("ended", True)
    assert admin.post(f"{here}hand-over/drafts/").status_code == 302
    assert contract.hand_over.get(key="drafts").done_by == "Ada"


def test_every_form_of_the_page_carries_its_token(riverside: Any, mei: Any, client_for: Callable[..., Any]) -> None:
    now = clock.now()
    contract = hosting.draft(riverside, mei, now=now, starts_on=(now + timedelta(days=7)).date())
    page = client_for(None, mei).get(f"/ops/contracts/{contract.public_id}/").content.decode()
    forms = [one.partition("</form>")[0] for one in page.split('<form method="post"')[1:]]
    assert len(forms) >= 3
    assert all("csrfmiddlewaretoken" in one for one in forms)
