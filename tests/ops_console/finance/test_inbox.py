"""The payments inbox in the console: searched, replayed one by one and many at once, closed with a reason, and nobody's name shown."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.gateway import inbox
from billing.gateway.inbox import EventNotOpen, ReasonMissing, TooMany
from billing.gateway.models import StripeEvent
from ops_console.finance.masking import MASK, masked
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM

State = StripeEvent.State


def event(state: str, now: datetime, number: int, **facts: Any) -> StripeEvent:
    thing = {
        "id": f"cs_{number}",
        "customer_details": {"email": "guest@shopper.example", "phone": None},
        "amount_total": 2400,
    }
    payload = {
        "id": f"evt_{number}",
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": thing},
    }
    given = {"endpoint": "account", "kind": "checkout.session.completed", "object_id": f"cs_{number}", **facts}
    return StripeEvent.objects.create(
        event_id=f"evt_{number}", payload=payload, state=state, received_at=now - timedelta(minutes=number), **given
    )


def listed(client: Any, **query: str) -> list[int]:
    page = client.get("/ops/payments/", query)
    assert page.status_code == 200
    return [row.pk for row, _tenant in page.context["rows"]]


def test_the_inbox_shows_trouble_and_replays_it(client_for: Any, mei: Any, tomas: Any, now: datetime) -> None:
    trouble, done = event("failed", now, 1), event("done", now, 2)
    client = client_for(None, tomas)
    assert listed(client, state="trouble") == [trouble.pk]
    assert listed(client) == [trouble.pk, done.pk]
    assert "evt_1" in client.get(f"/ops/payments/{trouble.pk}/").content.decode()
    assert client_for(None, mei).post(f"/ops/payments/{trouble.pk}/replay/").status_code == 403
    assert client.post(f"/ops/payments/{trouble.pk}/replay/").status_code == 302
    trouble.refresh_from_db()
    assert trouble.state == State.QUARANTINED  # it names no payment of ours, which replaying now says
    assert AuditEntry.objects.get(action="event.replayed").actor_name == "Tomas"


def test_events_are_found_by_object_account_mall_and_endpoint(
    client_for: Any, tomas: Any, riverside: Any, now: datetime
) -> None:
    one = event("done", now, 1, tenant_schema=riverside.schema_name)
    two = event("quarantined", now, 2, endpoint="connect", account_id="acct_9", object_id="po_7", kind="payout.paid")
    client = client_for(None, tomas)
    assert listed(client, q="po_7") == listed(client, q="acct_9") == listed(client, endpoint="connect") == [two.pk]
    assert listed(client, q="river") == listed(client, q="evt_1") == listed(client, endpoint="account") == [one.pk]
    assert listed(client, q="payout") == [two.pk]
    assert listed(client, since="2026-11-21") == []
    page = client.get("/ops/payments/?state=quarantined").content.decode()
    assert "acct_9" in page
    assert "Merchants’ accounts" in page
    assert "No event is like that" in client.get("/ops/payments/?q=nothing").content.decode()


def test_who_somebody_is_does_not_stand_in_an_event(client_for: Any, tomas: Any, now: datetime) -> None:
    page = client_for(None, tomas).get(f"/ops/payments/{event('done', now, 1).pk}/").content.decode()
    assert "guest@shopper.example" not in page
    assert "&quot;email&quot;: &quot;•••&quot;" in page
    assert "&quot;phone&quot;: null" in page
    assert "&quot;amount_total&quot;: 2400" in page
    evidence = {
        "access_activity_log": "Paid by Mei Lin",
        "product_description": "For mei@x.example, from 10.1.2.3",
        "service_date": None,
    }
    assert masked({"evidence": evidence, "api_version": "2026-01-28.basil", "amount": 2}) == {
        "evidence": {
            "access_activity_log": MASK,
            "product_description": f"For {MASK}, from {MASK}",
            "service_date": None,
        },
        "api_version": "2026-01-28.basil",
        "amount": 2,
    }


def test_many_are_replayed_by_the_workers_and_each_is_in_the_trail(
    client_for: Any, tomas: Any, mei: Any, now: datetime, run_tasks: Any
) -> None:
    rows = [event("failed", now, number) for number in (1, 2, 3)]
    chosen = {"event": [rows[0].pk, rows[2].pk, "x"], "back": "/ops/payments/?state=failed"}
    assert client_for(None, mei).post("/ops/payments/replay/", chosen).status_code == 403
    with run_tasks():
        answer = client_for(None, tomas).post("/ops/payments/replay/", chosen)
    assert answer.headers["Location"] == "/ops/payments/?state=failed"
    assert list(StripeEvent.objects.order_by("pk").values_list("state", "tries")) == [
        ("quarantined", 1),
        ("failed", 0),
        ("quarantined", 1),
    ]
    assert AuditEntry.objects.filter(action="event.replayed").count() == 2


def test_the_way_back_stays_in_the_inbox(client_for: Any, tomas: Any, now: datetime) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example/ops/payments/", "/ops/"):
        answer = client_for(None, tomas).post("/ops/payments/replay/", {"back": elsewhere})
        assert answer.headers["Location"] == "/ops/payments/"


def test_more_than_the_most_are_refused_and_none_is_replayed(db: None, now: datetime) -> None:
    row = event("failed", now, 1)
    with pytest.raises(TooMany):
        inbox.replay_many(event_pks=[row.pk] * (inbox.MOST_REPLAYED + 1), by=SYSTEM, now=now)
    row.refresh_from_db()
    assert row.state == State.FAILED


def test_an_event_that_is_not_ours_is_closed_with_a_reason_and_stays_so(
    client_for: Any, mei: Any, tomas: Any, now: datetime
) -> None:
    row, client = event("quarantined", now, 1), client_for(None, tomas)
    address = f"/ops/payments/{row.pk}/close/"
    assert client_for(None, mei).post(address, {"reason": "Of our other shop"}).status_code == 403
    assert client.post(address, {"reason": "no"}).status_code == 422
    row.refresh_from_db()
    assert row.state == State.QUARANTINED
    assert client.post(address, {"reason": "Of our other shop"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.detail) == (State.CLOSED, "Of our other shop")
    assert inbox.handle(event_pk=row.pk, now=now) == State.CLOSED
    assert listed(client, state="trouble") == []
    assert "Closed by a person" in client.get(f"/ops/payments/{row.pk}/").content.decode()
    assert "needs nothing" in client.post(address, {"reason": "Of our other shop"}, follow=True).content.decode()


def test_the_operation_refuses_without_a_reason_and_what_is_done(db: None, now: datetime) -> None:
    with pytest.raises(ReasonMissing):
        inbox.close(event_pk=event("failed", now, 1).pk, reason=" ", by=SYSTEM, now=now)
    with pytest.raises(EventNotOpen):
        inbox.close(event_pk=event("done", now, 2).pk, reason="It is not ours", by=SYSTEM, now=now)
    assert not AuditEntry.objects.filter(action="event.closed").exists()
