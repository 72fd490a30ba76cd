"""Tickets open the mall once, for minutes, to one person."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection, connections

from saas.audit.models import AuditEntry
from tenants.entry import tickets
from tenants.entry.models import Ticket
from tenants.isolation.entrance import inside


def issued(person: Any, now: datetime, **options: Any) -> str:
    return tickets.issue(person=person, purpose=Ticket.Purpose.SIGN_UP, now=now, **options)


def test_a_ticket_brings_its_person_in_once(mall: Any, alma: Any, now: datetime) -> None:
    token = issued(alma, now)
    assert tickets.use(token=token, now=now).person == alma
    with pytest.raises(tickets.TicketUsed):
        tickets.use(token=token, now=now)
    assert [entry.action for entry in AuditEntry.objects.filter(subject_id=alma.public_id).order_by("pk")] == [
        "ticket.used",
        "ticket.refused",
    ]


def test_only_the_hash_of_the_token_is_stored(mall: Any, alma: Any, now: datetime) -> None:
    token = issued(alma, now)
    assert len(token) >= 27  # 160 random bits
    assert token not in str(Ticket.objects.values())


def test_a_ticket_dies_after_its_minutes(mall: Any, alma: Any, now: datetime) -> None:
    token = issued(alma, now)
    with pytest.raises(tickets.TicketExpired):
        tickets.use(token=token, now=now + timedelta(minutes=tickets.MINUTES_TO_LIVE))
    assert Ticket.objects.get().used_at is None


def test_a_ticket_of_a_person_who_was_shut_out_opens_nothing(mall: Any, alma: Any, now: datetime) -> None:
    token = issued(alma, now)
    type(alma).objects.filter(pk=alma.pk).update(is_active=False)
    with pytest.raises(tickets.TicketExpired):
        tickets.use(token=token, now=now)


def test_a_ticket_of_riverside_is_unknown_in_hillside(riverside: Any, hillside: Any, alma: Any, now: datetime) -> None:
    with inside(riverside):
        token = issued(alma, now)
    with inside(hillside), pytest.raises(tickets.TicketUnknown):
        tickets.use(token=token, now=now)


def test_the_link_signs_in_and_passes_no_referrer(riverside: Any, alma: Any, client_for: Any) -> None:
    from saas.kernel import clock

    with inside(riverside):
        token = issued(alma, clock.now(), next_path="/counter/")
    client = client_for(riverside)
    answer = client.get(f"/enter/{token}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/counter/")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    with inside(riverside):
        assert client.session[SESSION_KEY] == str(alma.pk)


def test_the_link_used_again_signs_nobody_in(riverside: Any, alma: Any, client_for: Any) -> None:
    from saas.kernel import clock

    with inside(riverside):
        token = issued(alma, clock.now())
    client_for(riverside).get(f"/enter/{token}/")
    other = client_for(riverside)
    answer = other.get(f"/enter/{token}/")
    assert answer.status_code == 403
    assert "It works once" in answer.content.decode()
    with inside(riverside):
        assert SESSION_KEY not in other.session


def test_unknown_links_and_posts_are_refused(riverside: Any, client_for: Any) -> None:
    client = client_for(riverside)
    assert client.get("/enter/nothing-like-it/").status_code == 403
    assert client.post("/enter/nothing-like-it/").status_code == 405


def _race(schema: str, token: str, now: datetime) -> list[str]:
    """Use one ticket from several threads at once and return what each got."""
    gate, results = threading.Barrier(4), []

    def use() -> None:
        try:
            with inside(schema):
                gate.wait()
                try:
                    tickets.use(token=token, now=now)
                    results.append("in")
                except tickets.TicketUsed:
                    results.append("used")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=use) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def _prepare(now: datetime) -> tuple[str, str]:
    from saas.accounts.models import User
    from tenants.registry.models import Tenant

    tenant = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        token = issued(User.objects.get(email="alma@riverside.example"), now)
    return tenant.schema_name, token


@pytest.mark.usefixtures("committed")
def test_four_uses_of_one_ticket_at_once_let_one_in(now: datetime) -> None:
    schema, token = _prepare(now)
    assert _race(schema, token, now) == ["in", "used", "used", "used"]
    with inside(schema):
        assert AuditEntry.objects.filter(action="ticket.refused").count() == 3


@pytest.mark.usefixtures("committed")
def test_without_the_lock_the_race_is_lost(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same race with the lock taken out lets several in."""
    meet = threading.Barrier(4)

    def unlocked(rows: Any) -> Any:
        found = rows.get()
        meet.wait()
        return found

    monkeypatch.setattr(tickets, "locked_one", unlocked)
    schema, token = _prepare(now)
    assert _race(schema, token, now).count("in") > 1
    assert connection.schema_name == "public"
