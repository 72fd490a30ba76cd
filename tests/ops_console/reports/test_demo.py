"""The demo's weeks of hosting: sold, worked off, posted, missed once, credited and reported, once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from ops_console.contracts import demo as contracts
from ops_console.leads import demo as leads
from ops_console.leads.models import Lead
from ops_console.posts.models import Post
from ops_console.reports import demo, demo_sales, documents, pictures
from ops_console.reports.models import CreditLine, Report
from ops_console.work import seeding
from ops_console.work.models import Evidence, Task
from saas.kernel.actors import SYSTEM
from storefront.orders.models import Order
from storefront.vouchers.models import Redemption
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories.shop import a_deal


@pytest.fixture
def now() -> datetime:
    """An instant to tell, with no clock moved to it: the demo reckons from its own how far the sandbox's is to be put back."""
    return datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


@pytest.fixture
def told(riverside: Tenant, alma: Any, now: datetime, settings: Any, tmp_path: Path, stripe: Any) -> Any:
    """Riverside as the demo hosts it, with what was sold and done since it signed."""
    settings.MEDIA_ROOT = str(tmp_path)
    with inside(riverside):
        for _deal in range(3):
            a_deal(now=now - timedelta(weeks=5))
    call_command("demo_staff")
    Tenant.objects.filter(pk=riverside.pk).update(opening_key="demo-riverside", owner_email=alma.email)
    seeding.ensure_modules(by=SYSTEM, now=now)
    contract = contracts.host(contracts.HOSTED[0], now=now)
    assert contract is not None
    contract.refresh_from_db()
    assert demo.enliven(contract, now=now)
    return contract


def test_weeks_were_worked_off_posted_missed_once_credited_and_reported(told: Any, now: datetime) -> None:
    check_work(told, now)
    check_posts(told, now)
    check_reports(told, now)
    check_sales(told, now)
    assert leads.make(now=now) == len(leads.STORIES)
    assert leads.make(now=now) == 0
    assert {"lead", "visited", "quoted", "lost"} <= set(Lead.objects.values_list("stage", flat=True))
    check_told_again(told, now)


def check_work(told: Any, now: datetime) -> None:
    past = Task.objects.filter(contract=told.public_id, lapses_at__lte=now)
    states = Counter(past.values_list("state", flat=True))
    assert states["missed"] == 1 == CreditLine.objects.count()
    assert states["done"] >= 25
    assert not {"open", "doing", "waiting"} & states.keys()
    done = Task.objects.filter(contract=told.public_id, state="done")
    assert all(task.done_at < now and task.minutes_spent for task in done)
    assert Evidence.objects.filter(task__in=done).count() >= done.count()
    assert CreditLine.objects.get().amount_minor == 1000


def check_posts(told: Any, now: datetime) -> None:
    states = Counter(Post.objects.filter(tenant=told.tenant).values_list("state", flat=True))
    assert states["published"] >= 6
    assert {name: states[name] for name in ("draft", "submitted", "waiting", "scheduled")} == dict.fromkeys(
        ("draft", "submitted", "waiting", "scheduled"), 1
    )
    assert not Post.objects.filter(state="published", published_at__gte=now).exists()


def check_reports(told: Any, now: datetime) -> None:
    first, second = Report.objects.filter(contract=told.public_id, kind="weekly").order_by("starts_on")
    assert first.starts_on == told.starts_on
    assert second.starts_on == told.starts_on + timedelta(days=7)
    assert (first.content["credited_minor"], second.content["credited_minor"]) == (1000, 0)
    assert first.content["next"]
    assert first.issued_at < second.issued_at <= now
    body = documents.as_pdf(second)
    assert 2 <= body.count(b"/DCTDecode") <= pictures.MOST


def check_sales(told: Any, now: datetime) -> None:
    """Guests bought, came and came again within each week that was reported; nobody is paid twice when it is told again."""
    for report in Report.objects.filter(contract=told.public_id, kind="weekly"):
        totals = report.content["totals"]
        assert totals["orders"] >= 12
        assert totals["visits"] > totals["orders"] * 10
        assert min(totals[name] for name in ("sales_minor", "redemptions", "again")) > 0
    with inside(told.tenant):
        paid = Order.objects.filter(state=Order.State.PAID)
        assert not paid.filter(paid_at__gte=now).exists()
        assert not paid.filter(told_at=None).exists()
        before = paid.count(), Redemption.objects.count()
    assert demo_sales.sell(told.tenant, since=told.starts_on, now=now) == before[0]
    with inside(told.tenant):
        assert before == (paid.count(), Redemption.objects.count())


def check_told_again(told: Any, now: datetime) -> None:
    def counted() -> list[int]:
        return [model.objects.count() for model in (Task, Evidence, Post, CreditLine, Report)]

    before = counted()
    assert contracts.host(contracts.HOSTED[0], now=now) is None
    assert not demo.enliven(told, now=now)
    assert counted() == before
