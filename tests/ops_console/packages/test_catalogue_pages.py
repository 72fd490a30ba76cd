"""The console's catalogue and a mall's package: who may, what is refused, what a merchant is offered."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billing.packages import catalogue
from billing.packages.catalogue import PriceDraft
from billing.packages.models import Module, Package, Price, Subscription
from ops_console.packages import demo
from ops_console.packages.forms import AmountForm
from ops_console.work import seeding
from saas.kernel.actors import SYSTEM
from tests.stripe_sandbox import StripeSandbox

PRICE = {
    "kind": "monthly",
    "currency": "usd",
    "amount": "200.00",
    "unit_name": "",
    "intro_amount": "100",
    "intro_months": "2",
}


def package(client: Any) -> Package:
    """Make a module, its price and a package by the forms."""
    client.post("/ops/modules/new/", {"name": "Social", "summary": "Posts"})
    module = Module.objects.get()
    client.post(f"/ops/modules/{module.public_id}/prices/new/", PRICE)
    wanted = {"name": "Hosted", "summary": "", "currency": "usd", "minimum_months": "3", "notice_days": "30",
              "prices": [Price.objects.get().public_id]}  # fmt: skip
    answer = client.post("/ops/packages/new/", wanted)
    assert answer.status_code == 302, answer.content.decode()
    return Package.objects.get()


def test_finance_makes_a_package_an_account_manager_offers_it_the_owner_takes_it(
    client_for: Any, tomas: Any, mei: Any, riverside: Any, alma: Any, stripe: StripeSandbox
) -> None:
    made = package(client_for(None, tomas))
    catalogue = client_for(None, mei).get("/ops/packages/").content.decode()
    assert "Hosted" in catalogue
    assert "New package" not in catalogue
    address = f"/ops/malls/{riverside.public_id}/services/"
    manager, owner = client_for(None, mei), client_for(riverside, alma)
    assert "runs by itself" in manager.get(address).content.decode()
    assert manager.post(f"{address}offer/", {"package": made.public_id, "pays_by": "invoice"}).status_code == 302
    found = Subscription.objects.get()
    page = owner.get("/manage/services/").content.decode()
    assert "Look and take it" in page
    assert all("then the offer is withdrawn" in shown for shown in (page, manager.get(address).content.decode()))
    assert "$200.00" in page
    assert "What it costs" in owner.get(f"/manage/services/{found.public_id}/take/").content.decode()
    assert owner.post(f"/manage/services/{found.public_id}/take/").status_code == 302
    found.refresh_from_db()
    assert (found.state, found.answered_by) == ("active", "Alma")
    assert "Bill a single item" in client_for(None, tomas).get(address).content.decode()
    owner.post(f"/manage/services/{found.public_id}/end/")
    found.refresh_from_db()
    assert found.ends_at == found.minimum_until_at
    Subscription.objects.update(ends_at=datetime(2027, 3, 1, 2, 0, tzinfo=UTC))
    assert "Ends on Feb 28, 2027" in manager.get(address).content.decode(), "by the mall's clock"
    manager.post(f"{address}{found.public_id}/keep/")
    found.refresh_from_db()
    assert found.ends_at is None


def test_a_card_is_entered_on_stripes_page(
    client_for: Any, tomas: Any, mei: Any, riverside: Any, alma: Any, stripe: StripeSandbox
) -> None:
    made = package(client_for(None, tomas))
    client_for(None, mei).post(
        f"/ops/malls/{riverside.public_id}/services/offer/", {"package": made.public_id, "pays_by": "card"}
    )
    found, owner = Subscription.objects.get(), client_for(riverside, alma)
    answer = owner.post(f"/manage/services/{found.public_id}/take/")
    assert answer.headers["Location"].startswith(stripe.url)
    assert "begins when the card is entered" in owner.get("/manage/services/").content.decode()
    stripe.pay(stripe.client.v1.checkout.sessions.list({"limit": 1}).data[0].id)
    owner.get(f"/manage/services/{found.public_id}/begun/")
    assert "Card and receipts" in owner.get("/manage/services/").content.decode()
    assert owner.get("/manage/services/portal/").headers["Location"].startswith(stripe.url)


@pytest.mark.parametrize(
    "path", ["packages/new/", "modules/new/", "modules/{0}/prices/new/", "malls/{1}/services/{0}/item/"]
)
def test_an_account_manager_keeps_no_catalogue_and_bills_nothing(
    client_for: Any, mei: Any, riverside: Any, path: str
) -> None:
    client = client_for(None, mei)
    address = "/ops/" + path.format("0" * 26, riverside.public_id)
    assert [client.get(address).status_code, client.post(address).status_code] == [403, 403]


def test_a_manager_of_the_mall_looks_and_does_not_sign(client_for: Any, riverside: Any, bo: Any, alma: Any) -> None:
    assert client_for(riverside, bo).get("/manage/services/").status_code in (302, 403)
    assert "You run this mall yourself." in client_for(riverside, alma).get("/manage/services/").content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "0"}, "A price is more than zero."),
        ({"amount": "lots"}, "is not an amount"),
        ({"intro_amount": "300"}, "An introductory price is lower"),
        ({"intro_months": ""}, "has an amount and a number of months"),
        ({"kind": "per_unit", "intro_amount": "", "intro_months": ""}, "Say what is counted"),
    ],
)
def test_a_price_without_meaning_is_said_and_not_kept(
    client_for: Any, tomas: Any, fields: dict[str, str], words: str
) -> None:
    client = client_for(None, tomas)
    client.post("/ops/modules/new/", {"name": "Social", "summary": ""})
    answer = client.post(f"/ops/modules/{Module.objects.get().public_id}/prices/new/", {**PRICE, **fields})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Price.objects.exists()


def test_another_malls_package_is_not_found(
    client_for: Any, tomas: Any, mei: Any, riverside: Any, cleo: Any, hillside: Any
) -> None:
    made = package(client_for(None, tomas))
    client_for(None, mei).post(
        f"/ops/malls/{riverside.public_id}/services/offer/", {"package": made.public_id, "pays_by": "card"}
    )
    found = Subscription.objects.get()
    for verb in ("take", "decline", "end", "begun"):
        assert client_for(hillside, cleo).get(f"/manage/services/{found.public_id}/{verb}/").status_code == 404


@pytest.mark.parametrize("amount", ["-10", "0", "0.001", "1e30", "ten", ""])
def test_an_amount_that_is_none_is_refused_and_never_turned_into_another(amount: str) -> None:
    form = AmountForm({"amount": amount, "reason": "Ten photographs", "key": "k" * 26}, currency="usd")
    assert not form.is_valid()
    assert set(form.errors) == {"amount"}


def test_the_demos_packages_are_put_together_once_and_left_alone_where_a_price_was_changed(
    db: None, now: datetime
) -> None:
    seeding.ensure_modules(by=SYSTEM, now=now)
    changed = Price.objects.get(module__name="Promotion", currency="eur", kind="monthly")
    catalogue.retire_price(price=changed.public_id, by=SYSTEM, now=now)
    again = PriceDraft("monthly", "eur", 1_000)
    for _time in range(2):
        catalogue.add_price(module=changed.module.public_id, draft=again, by=SYSTEM, now=now)
    assert [demo.make(now=now), demo.make(now=now)] == [5, 0]
    assert Package.objects.get(name="Everything").prices.count() == 5
