"""The console's pages: numbers of the books, lists that they open, and nobody in who does not belong."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from billing.gateway.models import StripeEvent
from ops_console.health.findings import Ground
from ops_console.health.guards import schemas
from ops_console.health.models import Examination
from ops_console.mandates import roles
from ops_console.portfolio import operations, queries
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from tenants.archives.models import MallExport, MallRestore
from tenants.erasure.models import Erasure
from tenants.registry.models import Tenant
from tenants.rollout import operations as rollout
from tenants.rollout.models import MallVersion
from tests.factories.sessions import confirm
from tests.factories.visiting import staff

PAGES = ["", "malls/", "visits/", "payments/", "health/", "audit/"]


def sell(tenant: Any, amount_minor: int, at: datetime, number: str) -> None:
    """Book a paid order as a mall tells it."""
    from billing.ledger import subscribers
    from tenants.relay.events import Event

    payload = {
        "order": number * 26, "order_number": f"R-{number}", "payment_reference": f"p-{tenant.slug}-{number}", "payment_intent": "pi",
        "amount_minor": amount_minor,
        "currency": tenant.currency,
        "lines": [{"title": "Two bowls", "units": 1, "total_minor": amount_minor, "rule": "x", "rate_bp": 300}],
        "vouchers": [{"voucher": "v" * 26, "title": "Two bowls", "price_minor": amount_minor, "commission_minor": 0}],
    }  # fmt: skip
    subscribers.order_paid(
        Event(f"{number}{tenant.slug}".ljust(26, "0")[:26], tenant.schema_name, "order.paid", number * 26, payload, at)
    )


@pytest.fixture
def sold(riverside: Any, hillside: Any, now: datetime) -> None:
    """Riverside sold for 24.00 yesterday and 10.00 two months ago; Hillside nothing."""
    sell(riverside, 2400, now - timedelta(days=1), "1")
    sell(riverside, 1000, now - timedelta(days=60), "2")


@pytest.mark.parametrize("page", PAGES)
def test_strangers_sign_in_first(client_for: Any, riverside: Any, page: str) -> None:
    answer = client_for(None).get(f"/ops/{page}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/account/login/?next=/ops/{page}")


@pytest.mark.parametrize("page", PAGES)
def test_the_agencys_people_without_a_role_see_nothing(client_for: Any, nobody: Any, page: str) -> None:
    assert client_for(None, nobody).get(f"/ops/{page}").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_every_role_sees_every_list(client_for: Any, mei: Any, tomas: Any, page: str) -> None:
    for person in (mei, tomas):
        assert client_for(None, person).get(f"/ops/{page}").status_code == 200


@pytest.mark.parametrize("who", ["alma", "bo", "cleo"])
def test_merchants_people_have_no_console_in_their_mall(
    client_for: Any, riverside: Any, hillside: Any, request: Any, who: str
) -> None:
    tenant = hillside if who == "cleo" else riverside
    assert client_for(tenant, request.getfixturevalue(who)).get("/ops/").status_code == 404


@pytest.mark.usefixtures("sold")
def test_malls_are_listed_with_their_thirty_days(riverside: Any, now: datetime) -> None:
    rows = {row.tenant.slug: row for row in queries.malls(queries.MallFilter(), now=now)}
    assert rows["riverside"].sales.sales_minor == 2400
    assert rows["riverside"].last_sale_at == now - timedelta(days=1)
    assert rows["hillside"].sales.sales_minor == 0
    (row,) = queries.with_days([rows["riverside"]], now=now)
    assert (len(row.daily), sum(row.daily), row.daily[-2]) == (30, 2400, 2400)


@pytest.mark.usefixtures("sold")
def test_sums_are_by_currency(riverside: Any, hillside: Any, now: datetime) -> None:
    Tenant.objects.filter(pk=hillside.pk).update(currency="jpy")
    found = {
        one.currency: one.sales_minor for one in queries.sums(queries.malls(queries.MallFilter(), now=now), now=now)
    }
    assert found == {"usd": 2400, "jpy": 0}


@pytest.mark.parametrize(
    ("wanted", "slugs"),
    [
        ({"words": "noodles"}, ["riverside"]),
        ({"words": "cleo@hillside"}, ["hillside"]),
        ({"trade": "salon"}, ["hillside"]),
        ({"state": "suspended"}, []),
        ({"words": "zebra"}, []),
        ({"sort": "name"}, ["hillside", "riverside"]),
        ({"sort": "last"}, ["riverside", "hillside"]),
    ],
)
@pytest.mark.usefixtures("sold")
def test_the_list_is_searched_filtered_and_ordered(now: datetime, wanted: dict[str, str], slugs: list[str]) -> None:
    found = [row.tenant.slug for row in queries.malls(queries.MallFilter(**wanted), now=now)]
    assert [slug for slug in found if slug in ("riverside", "hillside")] == slugs


@pytest.mark.usefixtures("sold")
def test_the_pages_of_a_mall_show_its_money(client_for: Any, tomas: Any, riverside: Any, now: datetime) -> None:
    client = client_for(None, tomas)
    with travel(now, tick=False):
        assert "$24.00" in client.get(f"/ops/malls/{riverside.public_id}/").content.decode()
        assert "Two bowls" in client.get(f"/ops/malls/{riverside.public_id}/money/").content.decode()
        assert client.get(f"/ops/malls/{riverside.public_id}/visits/").status_code == 200
        assert "Opened Riverside Noodles" in client.get(f"/ops/malls/{riverside.public_id}/log/").content.decode()
        assert "$24.00" in client.get("/ops/").content.decode()
        omar = client_for(None, staff("omar.test@hutong.example", "Omar", roles.OPERATOR))
        page = omar.get(f"/ops/malls/{riverside.public_id}/").content.decode()
        assert "$24.00" in page
        assert f"/ops/malls/{riverside.public_id}/money/" not in page, "the figure, and no link that would be refused"
    assert client.get(f"/ops/malls/{'x' * 26}/").status_code == 404


def test_the_list_costs_the_same_queries_for_more_malls(
    client_for: Any, mei: Any, riverside: Any, now: datetime
) -> None:
    client, counts = client_for(None, mei), []
    for number in range(2):
        with CaptureQueriesContext(connection) as done:
            assert client.get("/ops/malls/").status_code == 200
        counts.append(len([one for one in done.captured_queries if "search_path" not in one["sql"]]))
        for more in range(3):
            Tenant.objects.create(
                schema_name=f"m_{number}{more}".ljust(18, "0"), name=f"More {number}{more}", slug=f"more-{number}{more}", trade="salon",
                status="open", owner_email="x@more.example", created_at=now,
            )  # fmt: skip
    assert counts[0] == counts[1] <= 14, counts


def test_suspending_lists_what_follows_and_wants_a_reason(client_for: Any, mei: Any, riverside: Any) -> None:
    client = client_for(None, mei)
    page = f"/ops/malls/{riverside.public_id}/suspend/"
    assert "Vouchers that were sold" in client.get(page).content.decode()
    assert client.post(page, {"reason": ""}).status_code == 422
    assert client.post(page, {"reason": "short"}).status_code == 422
    assert Tenant.objects.get(pk=riverside.pk).status == Tenant.Status.OPEN
    assert client.post(page, {"reason": "The terms were broken twice"}).status_code == 302
    assert Tenant.objects.get(pk=riverside.pk).status == Tenant.Status.SUSPENDED
    assert AuditEntry.objects.get(action="mall.suspended").actor_name == "Mei"
    assert client_for(riverside).get("/").status_code == 503
    assert client.post(f"/ops/malls/{riverside.public_id}/resume/").status_code == 302
    assert Tenant.objects.get(pk=riverside.pk).status == Tenant.Status.OPEN


def test_finance_does_not_suspend(client_for: Any, tomas: Any, riverside: Any) -> None:
    client = client_for(None, tomas)
    assert (
        client.post(f"/ops/malls/{riverside.public_id}/suspend/", {"reason": "The terms were broken"}).status_code
        == 403
    )
    assert client.post(f"/ops/malls/{riverside.public_id}/resume/").status_code == 403
    assert Tenant.objects.get(pk=riverside.pk).status == Tenant.Status.OPEN


def test_the_owner_is_told_by_mail(riverside: Any, now: datetime, mailoutbox: list[EmailMessage]) -> None:
    operations.suspend(tenant=riverside, reason="The terms were broken", by=SYSTEM, now=now)
    operations.tell_owner(mall=riverside.public_id)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["alma@riverside.example"], "Sales at Riverside Noodles are stopped")
    assert "The terms were broken" in mail.body


def event(state: str, now: datetime, number: int) -> StripeEvent:
    payload = {"id": f"evt_{number}", "type": "checkout.session.completed", "livemode": False, "data": {"object": {}}}
    return StripeEvent.objects.create(
        endpoint="account",
        event_id=f"evt_{number}",
        kind="checkout.session.completed",
        payload=payload,
        state=state,
        received_at=now,
    )


def test_the_overview_puts_exceptions_first(client_for: Any, mei: Any, riverside: Any, now: datetime) -> None:
    assert "Nothing. No guard fails, no mall is suspended" in client_for(None, mei).get("/ops/").content.decode()
    event("quarantined", now, 1)
    operations.suspend(tenant=riverside, reason="The terms were broken", by=SYSTEM, now=now)
    for minute, failed in enumerate((5, 2)):  # only the newest look counts
        at = now + timedelta(minutes=minute)
        Examination.objects.create(
            examined_at=at, by="beat", took_ms=1, failed_count=failed, unknown_count=0, findings=[]
        )
    page = client_for(None, mei).get("/ops/").content.decode()
    assert "2 guards of the installation fail" in page
    assert "Riverside Noodles is suspended" in page
    assert 'href="/ops/payments/?state=trouble"' in page
    assert page.index("Needs a person") < page.index("Thirty days")


def test_a_mall_that_did_not_take_a_release_is_named_with_the_reason_and_without_its_rows(
    client_for: Any, mei: Any, riverside: Any, hillside: Any, now: datetime
) -> None:
    """I11: an operator sees in the console which mall is in maintenance, and why; PostgreSQL's quotation of a row stays out."""
    reason = "stores.0009_x: IntegrityError: could not create unique index\nDETAIL:  Key (email)=(cleo@private.example)"
    MallVersion.objects.filter(tenant=riverside).update(step=0)
    rollout.park(tenant_id=riverside.pk, reason=reason, now=now)
    client = client_for(None, mei)
    pages = [client.get(path).content.decode() for path in ("/ops/", f"/ops/malls/{riverside.public_id}/")]
    pages.append(schemas.one_version(Ground(now=now)).measured)
    for page in pages:
        assert "stores.0009_x: IntegrityError: could not create unique index" in page
        assert "cleo@private.example" not in page
    assert "Riverside Noodles is in maintenance" in pages[0]
    listed = client.get("/ops/malls/?state=maintenance").content.decode()
    assert riverside.public_id in listed
    assert hillside.public_id not in listed
    entry = AuditEntry.objects.get(action="mall.parked")
    assert "cleo@private.example" not in entry.summary


def test_the_audit_is_filtered(client_for: Any, mei: Any, riverside: Any, now: datetime) -> None:
    operations.suspend(tenant=riverside, reason="The terms were broken", by=SYSTEM, now=now)
    client = client_for(None, mei)
    assert "The terms were broken" in client.get("/ops/audit/?action=mall.&q=terms").content.decode()
    assert "Nothing is like that" in client.get("/ops/audit/?action=visit.").content.decode()
    assert "Nothing is like that" in client.get("/ops/audit/?since=2999-01-01").content.decode()


def test_the_demo_prints_who_can_sign_in_where(riverside: Any, hillside: Any) -> None:
    from cms.kits.demo import password
    from ops_console.portfolio import demo
    from saas.accounts.models import User
    from tenants.isolation.entrance import inside

    for tenant in (riverside, hillside):
        with inside(tenant):
            for person in User.objects.filter(kind=User.Kind.MERCHANT):
                person.set_password(password())
                person.save()
    found = {(login.place, login.email): login.url for login in demo.logins()}
    assert found[("Riverside Noodles", "bo@riverside.example")].endswith("/counter/")
    assert found[("Hillside Salon", "cleo@hillside.example")].endswith("/manage/")


def test_the_books_stay_balanced_by_what_these_tests_sell(sold: None) -> None:
    from billing.ledger import books

    assert books.balance_differences() == []


@pytest.mark.parametrize(("who", "status", "state"), [("mei", 403, "waiting"), ("ada", 302, "cancelled")])
def test_a_restore_is_cancelled_by_those_who_may_begin_one(
    client_for: Any, request: Any, now: datetime, who: str, status: int, state: str
) -> None:
    work = MallRestore.objects.create(
        key_schema="public", key="x", file_name="x.zip", slug="new", asked_at=now, by_kind="agency", by_name="Ada"
    )
    answer = client_for(None, request.getfixturevalue(who)).post(f"/ops/work/restore/{work.public_id}/cancel/")
    work.refresh_from_db()
    assert (answer.status_code, work.state) == (status, state)


def test_the_agencys_open_session_is_not_enough_to_download_or_erase_a_mall(
    client_for: Any, mei: Any, riverside: Any, now: datetime
) -> None:
    """C41: neither the archive nor the erasure, until the password or the second factor was given again."""
    export = MallExport.objects.create(
        tenant=riverside, asked_at=now, by_kind="agency", by_name="Mei", state="done", key=f"{riverside.schema_name}/archives/x.zip"
    )  # fmt: skip
    mei.set_password("a-long-one-for-mei")
    mei.save()
    mei.groups.add(Group.objects.get(name=roles.ADMIN))
    client = client_for(None, mei)
    link, erase = f"/ops/archives/{export.public_id}/link/", f"/ops/malls/{riverside.public_id}/erase/"
    sent = {"reason": "It was a try, nothing more", "typed": "riverside"}
    again = "/account/reauthenticate/?next="

    asked = client.post(link)
    assert asked.headers["Location"].startswith(again)
    assert f"{riverside.public_id}%2Flifecycle%2F%3Fconfirmed%3D1" in asked.headers["Location"]
    assert client.get(erase).headers["Location"].startswith(again)
    assert client.post(erase, sent).headers["Location"].startswith(again)
    assert not Erasure.objects.exists()

    confirm(client, mei)
    assert "/ops/archives/download/" in client.post(link).headers["Location"]
    page = client.get(f"/ops/malls/{riverside.public_id}/lifecycle/?confirmed=1").content.decode()
    assert "within the next five minutes" in page
    assert client.get(erase).status_code == 200
    client.post(erase, sent)
    assert Erasure.objects.get().is_by_agency
    refused = client.post(f"/ops/malls/{riverside.public_id}/resume/")
    assert "Keep it first" in refused.content.decode()
    assert Tenant.objects.get(pk=riverside.pk).status == "suspended"
