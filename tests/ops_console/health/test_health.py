"""What waits or is stuck in malls, kept on the platform and sent again by hand."""

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from ops_console.health import doctor, operations, queries
from ops_console.health.findings import Ground, Guard, Reading, State
from ops_console.health.models import Examination, MallHealth, Pulse
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from saas.kernel.outbox.models import OutboxEvent
from tenants.isolation.entrance import inside


def tell(tenant: Any, now: datetime, **fields: Any) -> str:
    with inside(tenant):
        row = OutboxEvent.objects.create(kind="order.paid", subject="s", payload={}, happened_at=now, **fields)
    return str(row.event_id)


def test_the_survey_keeps_what_waits_and_what_is_parked(riverside: Any, hillside: Any, now: datetime) -> None:
    tell(riverside, now - timedelta(minutes=9))
    tell(riverside, now - timedelta(minutes=5))
    tell(riverside, now, parked_at=now, tries=20)
    tell(riverside, now, sent_at=now)
    assert operations.survey(now=now) >= 2
    row = MallHealth.objects.get(tenant=riverside)
    assert (row.waiting_count, row.parked_count, row.oldest_waiting_at) == (2, 1, now - timedelta(minutes=9))
    assert riverside in [one.tenant for one in queries.troubled()]
    assert hillside not in [one.tenant for one in queries.troubled()]


def test_a_parked_event_is_sent_again_by_hand_and_audited(riverside: Any, now: datetime) -> None:
    event_id = tell(riverside, now, parked_at=now, tries=20)
    operations.send_again(tenant=riverside, event_id=event_id, by=SYSTEM, now=now)
    with inside(riverside):
        row = OutboxEvent.objects.get(event_id=event_id)
        assert (row.parked_at, row.tries) == (None, 0)
    assert AuditEntry.objects.get(action="event.sent_again").subject_id == event_id
    with pytest.raises(operations.NothingParked):
        operations.send_again(tenant=riverside, event_id=event_id, by=SYSTEM, now=now)


def test_only_finance_and_admin_send_again(
    client_for: Any, mei: Any, tomas: Any, riverside: Any, now: datetime
) -> None:
    event_id = tell(riverside, now, parked_at=now, tries=20, error="LookupError('gone')")
    page = f"/ops/health/{riverside.public_id}/"
    assert "LookupError" in client_for(None, mei).get(page).content.decode()
    assert client_for(None, mei).post(f"{page}{event_id}/again/").status_code == 403
    assert client_for(None, tomas).post(f"{page}{event_id}/again/").status_code == 302
    assert client_for(None, tomas).post(f"{page}{event_id}/again/").status_code == 422


def test_what_the_doctor_finds_is_kept_and_shown_failures_first(
    client_for: Any, mei: Any, riverside: Any, now: datetime
) -> None:
    client = client_for(None, mei)
    assert "Nobody has looked yet" in client.get("/ops/health/").content.decode()
    assert client.post("/ops/health/look/").status_code == 302
    row = Examination.objects.get()
    assert (row.by, row.failed_count > 0) == ("Mei", True)  # the servers of tests are not durable
    page = client.get("/ops/health/").content.decode()
    states = [finding["state"] for finding in queries.look_of(row).troubled]
    assert states == sorted(states, key=[State.FAILED, State.UNKNOWN].index)
    assert "fsync = off" in page
    assert "What to do:" in page
    operations.examine(now=now, by=SYSTEM)
    assert "Earlier checks" in client.get("/ops/health/").content.decode()
    assert "fsync = off" in client.get(f"/ops/health/looks/{row.pk}/").content.decode()
    assert client_for(None).post("/ops/health/look/").status_code == 302  # to the login; nothing was looked at
    assert Examination.objects.count() == 2


def test_old_examinations_are_forgotten(riverside: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "KEPT_EXAMINATIONS", 2)
    monkeypatch.setattr("ops_console.health.guards.ALL", ())
    for minutes in range(4):
        operations.examine(now=now + timedelta(minutes=minutes), by=SYSTEM)
    assert [row.examined_at for row in queries.looks(limit=9)] == [
        now + timedelta(minutes=3),
        now + timedelta(minutes=2),
    ]


def test_a_guard_that_cannot_look_says_so_and_the_others_go_on(riverside: Any, now: datetime) -> None:
    def stumbles(_ground: Ground) -> Reading:
        raise KeyError("gone")

    sound = Guard("sound", "Sound", "-", lambda _ground: Reading(State.OK, "fine"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ops_console.health.guards.ALL", (Guard("ill", "Ill", "-", stumbles), sound))
        found = doctor.look(Ground(now=now))
    assert [(one.state, one.measured) for one in found] == [("unknown", "KeyError: 'gone'"), ("ok", "fine")]


def test_a_pulse_is_kept_for_each_queue(riverside: Any, now: datetime) -> None:
    operations.note_pulse(queue="celery", now=now - timedelta(minutes=1))
    operations.note_pulse(queue="celery", now=now)
    operations.note_pulse(queue="background", now=now)
    assert dict(Pulse.objects.values_list("queue", "seen_at")) == {"celery": now, "background": now}


def test_the_command_prints_a_line_for_each_guard_and_fails_when_one_does(riverside: Any) -> None:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", "--at-rest", stdout=out)
    assert ended.value.code == 1
    told = json.loads(out.getvalue())
    assert told["failed"] + told["ok"] + told["unknown"] == len(told["findings"])
    assert {"guard", "title", "state", "measured", "advice"} == set(told["findings"][0])
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", "--at-rest", stdout=out, no_color=True)
    lines = out.getvalue().splitlines()
    assert any(line.startswith("failed       The database server's settings: fsync = off") for line in lines)
    assert any("→ Set them as infra/postgres" in line for line in lines)
