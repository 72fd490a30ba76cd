"""Units of a package: recorded and corrected by the agency's people, counted by the system, seen by the merchant with their cost so far."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta

from billing.packages import catalogue, usage
from billing.packages.catalogue import PackageDraft, PriceDraft
from billing.packages.models import Subscription, Usage
from ops_console.posts import operations as posts
from ops_console.posts.models import Channel, Post
from ops_console.posts.operations import Ground, Written
from saas.kernel import clock
from saas.kernel.ids import public_id
from saas.kernel.tasks import enqueue
from tenants.isolation.entrance import on_platform
from tests.factories.mandates import give
from tests.factories.packages import MEI, sold


def published(mall: Any, author: Any, title: str, *, now: datetime, task: str = "") -> None:
    """Write a post among the mall's news as the agency does, for a task or for none, and have it published."""
    channel, _made = Channel.objects.get_or_create(
        tenant=mall, kind="news", defaults={"name": "News", "created_at": now}
    )
    post = posts.draft(
        channel=channel.public_id, written=Written(title, "Open again"), ground=Ground(task=task), author=author, by=MEI, now=now
    )  # fmt: skip
    Post.objects.filter(pk=post.pk).update(state=Post.State.PUBLISHED, published_at=now)


@pytest.mark.usefixtures("stripe")
def test_units_are_recorded_once_counted_corrected_and_seen_by_the_merchant(
    client_for: Any, mei: Any, riverside: Any, hillside: Any, alma: Any, run_tasks: Any
) -> None:
    now = clock.now()
    module = catalogue.add_module(name="Extra work", summary="", by=MEI, now=now).public_id
    draft = PriceDraft("per_unit", "usd", 2_500, unit_name="visit", counts="posts")
    price = catalogue.add_price(module=module, draft=draft, by=MEI, now=now).public_id
    package = catalogue.add_package(draft=PackageDraft("Visits", "", "usd", 1, 0, [price]), by=MEI, now=now)
    found = sold(riverside, package, pays_by="invoice", now=now)
    for mall in (riverside, hillside):
        give(mall, now=now)
        published(mall, mei, "Beside the plan", now=now)
        published(mall, mei, "As promised", task="t" * 26, now=now)
    assert all(Post.objects.values_list("clause", flat=True)), "by the right to publish, which promises nothing"
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
        words in each for words in ("Beside the plan", "One was on the house", "Counted by the system", "$75.00")
    )
    # What was done on its last day is counted before the package ends.
    published(riverside, mei, "On the last day", now=clock.now())
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
