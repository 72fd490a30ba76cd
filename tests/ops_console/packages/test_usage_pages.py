"""Units of a package: recorded and corrected by the agency's people, counted by the system, seen by the merchant with their cost so far."""

from datetime import timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta

from billing.packages import catalogue, usage
from billing.packages.catalogue import PackageDraft, PriceDraft
from billing.packages.models import Subscription, Usage
from ops_console.packages.forms import PriceForm
from ops_console.work.models import Task
from saas.kernel import clock
from saas.kernel.ids import public_id
from saas.kernel.tasks import enqueue
from tenants.isolation.entrance import on_platform
from tests.factories.packages import MEI, sold


@pytest.mark.usefixtures("stripe")
def test_units_are_recorded_once_counted_corrected_and_seen_by_the_merchant(
    client_for: Any, mei: Any, riverside: Any, hillside: Any, alma: Any, run_tasks: Any
) -> None:
    now = clock.now()
    module = catalogue.add_module(name="Extra work", summary="", by=MEI, now=now).public_id
    assert [value for value, _word in PriceForm().fields["counts"].choices] == ["", "posts"], "no work is beside plans"
    draft = PriceDraft("per_unit", "usd", 2_500, unit_name="visit", counts="tasks")
    price = catalogue.add_price(module=module, draft=draft, by=MEI, now=now).public_id
    package = catalogue.add_package(draft=PackageDraft("Visits", "", "usd", 1, 0, [price]), by=MEI, now=now)
    found = sold(riverside, package, pays_by="invoice", now=now)
    for mall, at in ((riverside, now), (hillside, now)):
        Task.objects.create(
            tenant=mall, title="Took new pictures", occurs_on=now.date(), opens_at=at, due_at=at + timedelta(hours=1),
            lapses_at=at + timedelta(hours=2), state=Task.State.DONE, done_at=at,
        )  # fmt: skip
    soon = now + timedelta(minutes=1)
    assert [usage.count(now=soon), usage.count(now=soon), usage.tell(now=soon)] == [1, 0, 1]
    client = client_for(None, mei)
    address = f"/ops/malls/{riverside.public_id}/services/{found.public_id}/usage/"
    wanted = {"price": price, "units": "3", "what": "Three visits in May", "key": public_id()}
    assert [client.post(address, wanted).status_code for _press in range(2)] == [302, 302]
    assert client.post(address, {**wanted, "units": "0", "key": public_id()}).status_code == 422
    row = Usage.objects.get(units=3)
    wrong = {"units": "1", "what": "One was on the house", "key": public_id()}
    other = f"/ops/malls/{hillside.public_id}/services/{found.public_id}/usage/"
    assert client.post(f"{other}{row.pk}/", wrong).status_code == 404
    assert client.post(f"{address}{row.pk}/", wrong).status_code == 302
    assert client.post(f"{address}{row.pk}/", {**wrong, "units": "3", "key": public_id()}).status_code == 422
    assert [(one.units, one.is_counted, one.told_at is None) for one in Usage.objects.order_by("pk")] == [
        (1, True, False), (3, False, False), (-1, False, False),
    ]  # fmt: skip
    assert client.get(address, {"q": "on the house"}).context["rows"][0].is_correction
    owner = client_for(riverside, alma)
    assert "$75.00" in owner.get("/manage/services/").content.decode()
    each = owner.get(f"/manage/services/{found.public_id}/used/").content.decode()
    assert all(
        words in each for words in ("Took new pictures", "One was on the house", "Counted by the system", "$75.00")
    )
    # What was done on its last day is counted before the package ends.
    at = clock.now()
    Task.objects.create(
        tenant=riverside, title="On the last day", occurs_on=at.date(), opens_at=at, due_at=at + timedelta(hours=1),
        lapses_at=at + timedelta(hours=2), state=Task.State.DONE, done_at=at,
    )  # fmt: skip
    Subscription.objects.filter(pk=found.pk).update(ends_at=clock.now())
    with on_platform(), run_tasks():
        enqueue("billing.packages.daily")
    found.refresh_from_db()
    assert (found.state, Usage.objects.filter(what="On the last day").count()) == ("ended", 1)
    found.period_starts_at = found.period_ends_at = (
        None  # a package from before periods were kept, on a period's last day
    )
    assert found.begins_at is not None
    last_hours = found.begins_at + relativedelta(months=1) - timedelta(hours=2)
    assert usage.period_of(found, now=last_hours)[0] == found.begins_at
