"""What Prometheus and a load balancer are told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from prometheus_client.parser import text_string_to_metric_families

from billing.gateway.models import StripeEvent
from ops_console.health.models import MallHealth, Pulse
from saas.kernel import keyspace, metrics
from tenants.registry.models import Tenant

TOKEN = "a-token-for-prometheus"


@pytest.fixture(autouse=True)
def _own_figures(settings: Any) -> Iterator[None]:
    settings.METRICS_TOKEN = TOKEN
    metrics.hand_over(at_once=True)
    keyspace._client().delete(keyspace.COUNTERS)
    yield
    metrics.hand_over(at_once=True)
    keyspace._client().delete(keyspace.COUNTERS)


def scrape(client_for: Any) -> dict[str, dict[tuple[str, ...], float]]:
    metrics.hand_over(at_once=True)
    answer = client_for(None).get("/internal/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        sample.name: {
            tuple(other.labels.values()): other.value for other in family.samples if other.name == sample.name
        }
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_without_the_token_there_is_nothing_here(client_for: Any, riverside: Any, settings: Any) -> None:
    client = client_for(None)
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        assert client.get("/internal/metrics", headers=header).status_code == 404
    settings.METRICS_TOKEN = ""
    assert client.get("/internal/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert client_for(riverside).get("/internal/metrics/", headers=right).status_code == 404


def test_requests_are_counted_by_view_and_by_mall(client_for: Any, riverside: Any, hillside: Any) -> None:
    for _time in range(3):
        client_for(riverside).get("/")
    client_for(hillside).get("/")
    client_for(hillside).get("/nothing/here/")
    client_for(None).get("/healthz")
    told = scrape(client_for)
    assert told["hutong_mall_requests_total"] == {
        ("riverside", "2xx"): 3.0, ("hillside", "2xx"): 1.0, ("hillside", "4xx"): 1.0, ("platform", "2xx"): 1.0,
    }  # fmt: skip
    assert sum(told["hutong_requests_total"].values()) == 6.0
    assert told["hutong_request_seconds_count"].keys() == told["hutong_request_seconds_sum"].keys()
    assert sum(told["hutong_request_seconds_count"].values()) == 6.0


def test_the_number_of_malls_by_name_is_bounded(client_for: Any, riverside: Any, settings: Any) -> None:
    settings.METRICS_MALLS = 1
    metrics.count("mall_requests", 9, mall=riverside.schema_name, status="2xx")
    for number in range(300):
        metrics.count("mall_requests", mall=f"m_{number:016d}", status="2xx")
    assert scrape(client_for)["hutong_mall_requests_total"] == {("riverside", "2xx"): 9.0, ("other", "2xx"): 300.0}


def test_a_task_is_counted_with_its_outcome(client_for: Any, riverside: Any, run_tasks: Any) -> None:
    from saas.kernel.tasks import enqueue

    with run_tasks():
        enqueue("ops_console.health.pulse", schema="public", queue="celery")
    told = scrape(client_for)
    assert told["hutong_tasks_total"] == {("success", "ops_console.health.pulse"): 1.0}
    assert told["hutong_task_seconds_count"] == {("ops_console.health.pulse",): 1.0}


def test_what_waits_and_what_is_quarantined_is_told(client_for: Any, riverside: Any) -> None:
    from saas.kernel import clock

    now = clock.now()
    MallHealth.objects.create(
        tenant=riverside, checked_at=now, waiting_count=4, parked_count=2, oldest_waiting_at=now - timedelta(seconds=90)
    )
    Pulse.objects.create(queue="celery", seen_at=now - timedelta(seconds=30))
    StripeEvent.objects.create(
        endpoint="platform",
        event_id="evt_1",
        kind="x",
        payload={},
        received_at=now,
        state=StripeEvent.State.QUARANTINED,
    )
    told = scrape(client_for)
    assert told["hutong_outbox_waiting"] == {(): 4.0}
    assert told["hutong_outbox_parked"] == {(): 2.0}
    assert 90 <= told["hutong_outbox_age_seconds"][()] < 120
    assert told["hutong_payment_events"][("quarantined",)] == 1.0
    assert told["hutong_malls"][("open",)] == 2.0
    assert 30 <= told["hutong_pulse_age_seconds"][("celery",)] < 60
    assert set(told["hutong_queue_waiting"]) == {("background",), ("celery",)}


def test_a_process_without_its_database_is_alive_and_not_ready(
    client_for: Any, riverside: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_for(None)
    assert client.get("/internal/ready").status_code == 200

    def refuse(*_later: Any, **_more: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(type(Tenant.objects), "exists", refuse)
    assert client.get("/internal/ready").status_code == 503
    assert client.get("/healthz").status_code == 200
