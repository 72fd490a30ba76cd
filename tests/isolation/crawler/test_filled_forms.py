"""T11: role × view with forms that are filled in. Who is refused writes no row anywhere; who may, writes, so the forms were good."""

from collections.abc import Callable, Iterator
from datetime import datetime
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from time_machine import travel

from billing.packages import catalogue
from billing.packages.catalogue import PackageDraft, PriceDraft
from billing.settlements.models import SettlementRun
from ops_console.mandates import operations as mandates
from ops_console.mandates import roles
from ops_console.mandates.models import Visit
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories.sessions import confirm
from tests.isolation.crawler.addresses import Address
from tests.isolation.crawler.bodies import IDS, WRITES, Writes, filled
from tests.isolation.crawler.furnish import furnish
from tests.isolation.crawler.loot import Loot, collect
from tests.isolation.crawler.matrix_roles import roles_of
from tests.isolation.crawler.rows import Row
from tests.isolation.crawler.test_staff import LETTERS, REASON, Visitor, asked, cells, staff
from tests.ops_console.finance.test_breaks import a_break

Clients = Callable[..., Client]
OURS = {"backoffice", "counter", "entry"}


@pytest.fixture
def loot(riverside: Tenant, hillside: Tenant, now: datetime) -> Iterator[Loot]:
    """Furnish Riverside, the catalogue of packages, a visit and a break, and return every id. The clock stands still."""
    cells("mall")  # loads the URL confs, as a process that serves has
    with travel(now, tick=False):
        furnish(riverside, each=1, now=now)
        found = collect(riverside, host="riverside.localhost")
        draft = PriceDraft(kind="monthly", currency="usd", amount_minor=900)
        module = catalogue.add_module(name="Pictures", summary="", by=SYSTEM, now=now).public_id
        price = catalogue.add_price(module=module, draft=draft, by=SYSTEM, now=now).public_id
        offered = PackageDraft("Small", "", "usd", minimum_months=1, notice_days=0, prices=[price])
        package = catalogue.add_package(draft=offered, by=SYSTEM, now=now).public_id
        tomas = User.objects.create_user("tomas@agency.example", name="Tomas Berg", kind=User.Kind.AGENCY)
        roles.ensure_roles()
        tomas.groups.set(Group.objects.filter(name=roles.ACCOUNT_MANAGER))
        mandates.open_visit(tenant=riverside, person=tomas, reason=REASON, minutes=30, now=now)
        found.ids |= {"module": [module], "price": [price], "package": [package], "break": [a_break(now).public_id]}
        found.ids |= {"mandate": [Visit.objects.get().public_id], "run": [SettlementRun.objects.get().public_id]}
        with inside(riverside):
            voucher = Voucher.objects.filter(state=Voucher.State.ISSUED).latest("pk")
            found.ids |= {"unused": [voucher.public_id], "its_store": [voucher.deal.stores.get().public_id]}
        yield found


def send(client: Client, address: Address, row: Row, loot: Loot, *, now: datetime) -> Any:
    """Post the filled-in form, take back what it did, and return the answer."""
    takes = row.takes | IDS.get(address.name, {})
    ids = {name: kind[1:] if kind.startswith("=") else loot.pick(kind, 0) for name, kind in takes.items()}
    body, kind = filled(address.name, loot, now=now), "application/x-www-form-urlencoded"
    return asked(client, "POST", address.filled(ids), data=body, content_type=kind)


def test_a_role_writes_by_the_forms_of_its_views_of_the_console_and_by_no_other_t11(
    loot: Loot, client_for: Clients, now: datetime
) -> None:
    """Whoever is refused posts to every view; whoever may, to those of `WRITES`. What a cell did is taken back before the next."""
    wrong, refused = [], 0
    for role, letter in LETTERS.items():
        person = staff(role)
        client = client_for(None, person)
        confirm(client, person)
        client.raise_request_exception = False
        writes = Writes()
        for address, row in cells("platform", who="agency"):
            may = bool(letter) and letter in roles_of(address.name)
            if may and address.name not in WRITES["platform"]:
                continue
            answer, tables = send(client, address, row, loot, now=now), writes.new()
            refused += answer.status_code == 403
            if bool(tables) != may or (answer.status_code not in (403, 404)) != may:
                wrong.append(f"{role} {address.name}: {answer.status_code}, may: {may}, wrote to {tables}")
    assert not wrong, "\n".join(wrong)
    assert refused >= 150


@pytest.fixture
def people(riverside: Tenant, hillside: Tenant, alma: User, bo: User, client_for: Clients) -> dict[str, Client]:
    """Riverside's owner and clerk, and nobody."""
    found = {
        "owner": client_for(riverside, alma),
        "clerk": client_for(riverside, bo),
        "stranger": client_for(riverside),
    }
    confirm(found["owner"], alma)
    return found


def test_only_a_malls_own_people_write_by_the_forms_of_its_back_office_t11(
    loot: Loot, people: dict[str, Client], hillside: Tenant, riverside: Tenant, client_for: Clients, now: datetime
) -> None:
    """The clerk, a stranger, the agency with a visit in another mall, by every view for staff; the owner by those of `WRITES`."""
    people["elsewhere"] = client_for(riverside)
    key = Visitor(hillside, staff(roles.ADMIN), client_for, now=now).key
    people["elsewhere"].cookies[settings.SESSION_COOKIE_NAME] = key
    wrote: dict[str, set[str]] = {}
    found = [(address, row) for address, row in cells("mall", who="staff") if address.name.partition(":")[0] in OURS]
    for who, client in people.items():
        client.raise_request_exception = False
        cookies, writes = {name: morsel.value for name, morsel in client.cookies.items()}, Writes()
        for address, row in found:
            if who == "owner" and address.name not in WRITES["mall"]:
                continue
            client.cookies = SimpleCookie(cookies)
            send(client, address, row, loot, now=now)
            wrote.setdefault(who, set()).update([address.name] if writes.new() else [])
    assert wrote["stranger"] == wrote["elsewhere"] == set()
    assert wrote["clerk"] == {name for name in WRITES["mall"] if name.startswith("counter:")}
    assert wrote["owner"] == WRITES["mall"]
