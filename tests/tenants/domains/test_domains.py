"""Malls at domains of their own: one owner, by proof; none taken over (T3, T14)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import dns.rcode
import psycopg
import pytest
from django.core import mail
from django.db import connection

from saas.kernel.actors import SYSTEM, Actor
from tenants.domains import naming, operations, proof, queries
from tenants.domains.models import DomainClaim, Quarantine
from tenants.domains.naming import NameRefused
from tenants.domains.proof import Finding
from tenants.registry.models import Domain, Tenant

from .conftest import NameServer

ALMA = Actor(kind="merchant", name="Alma", public_id="b" * 26)
NAME = "noodles.example.com"


def claimed(tenant: Tenant, now: datetime, name: str = NAME) -> DomainClaim:
    return operations.claim(tenant=tenant, typed=name, by=ALMA, now=now)


def proved(tenant: Tenant, server: NameServer, now: datetime, name: str = NAME) -> DomainClaim:
    found = claimed(tenant, now, name)
    server.records[found.record_name] = ["v=spf1 -all", found.record_value]
    return operations.check(claim_id=found.public_id, by=ALMA, now=now)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Noodles.Example.COM", NAME),
        ("noodles.example.com.", NAME),
        (" https://noodles.example.com/ ", NAME),
        ("麵館.example.com", "xn--u55a72i.example.com"),
        ("xn--u55a72i.example.com", "xn--u55a72i.example.com"),
        ("ＮＯＯＤＬＥＳ.example.com", NAME),
    ],
)
def test_a_domain_has_one_spelling(typed: str, name: str) -> None:
    assert naming.normalise(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "", "noodles", "noodles.example.com:8080", "127.0.0.1", "::1", "a b.example.com", "*.example.com", "-a.example.com",
        "noodles.localhost", "localhost", "hillside.localhost", "x.internal", "a..b.com", "a.com/path", "user@a.com",
        "_hutong.example.com", "xn--a.com", f"{'a' * 64}.com", "\0.com",
    ],
)  # fmt: skip
def test_what_is_no_domain_of_a_mall_is_refused(typed: str) -> None:
    with pytest.raises(NameRefused):
        naming.normalise(typed)


def test_letters_that_look_like_others_are_warned_of() -> None:
    assert "alphabets" in naming.warning(naming.normalise("nооdles.example.com"), others=[])  # two Cyrillic o
    assert NAME in naming.warning("n00dles.example.com", others=[NAME])
    assert naming.warning(NAME, others=["salon.example.com", NAME]) == ""


@pytest.mark.django_db
def test_a_mall_answers_at_a_domain_only_once_its_proof_stands_in_dns(
    riverside: Any,
    name_server: NameServer,
    client_for: Callable[..., Any],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = claimed(riverside, now)
    visitor = client_for(None)
    assert visitor.get("/", SERVER_NAME=NAME).status_code == 404
    name_server.records[found.record_name] = ["hutong-domain=somebody-elses"]
    wrong = operations.check(claim_id=found.public_id, by=ALMA, now=now)
    assert (wrong.state, Domain.objects.filter(domain=NAME).count()) == ("waiting", 0)
    name_server.is_silent = True
    monkeypatch.setattr(proof, "LIFETIME_S", 0.2)
    silent = operations.check(claim_id=found.public_id, by=ALMA, now=now)
    monkeypatch.undo()
    assert (silent.state, "no answer" in silent.problem) == ("waiting", True)
    name_server.is_silent = False
    name_server.records[found.record_name] = [found.record_value]

    right = operations.check(claim_id=found.public_id, by=ALMA, now=now)

    assert (right.state, right.problem) == ("proved", "")
    assert visitor.get("/", SERVER_NAME=NAME).status_code == 200
    assert visitor.get("/", SERVER_NAME="NOODLES.example.com.").status_code == 200


@pytest.mark.django_db
def test_shoppers_are_led_to_the_chosen_address_and_people_who_work_are_not(
    riverside: Any, name_server: NameServer, client_for: Callable[..., Any], now: datetime
) -> None:
    proved(riverside, name_server, now)
    operations.choose_primary(tenant=riverside, domain=NAME, by=ALMA, now=now)
    visitor = client_for(riverside)

    moved = visitor.get("/deals/?page=2")

    assert (moved.status_code, moved["location"]) == (302, f"http://{NAME}:{_port()}/deals/?page=2")
    # Browsers keep a 301 for ever; they would lead on to whoever has the domain after this mall.
    assert moved["Cache-Control"] == "max-age=3600"
    assert visitor.get("/healthz").status_code == 200
    assert visitor.get("/manage/").status_code == 302
    assert visitor.get("/", SERVER_NAME=NAME).status_code == 200
    operations.choose_primary(tenant=riverside, domain="", by=ALMA, now=now)
    assert visitor.get("/").status_code == 200


def _port() -> str:
    from django.conf import settings

    return str(settings.PUBLIC_PORT)


@pytest.mark.django_db
def test_a_domain_of_another_mall_cannot_be_had_and_rests_after_it_was_left(
    riverside: Any, hillside: Any, name_server: NameServer, now: datetime
) -> None:
    early = claimed(hillside, now)
    first = proved(riverside, name_server, now)
    operations.release(claim_id=early.public_id, by=SYSTEM, now=now)
    with pytest.raises(operations.DomainTaken):
        claimed(hillside, now, f"{NAME}.".upper())
    operations.release(claim_id=first.public_id, by=ALMA, now=now)

    with pytest.raises(operations.DomainRests):
        claimed(hillside, now + timedelta(days=29))
    assert not Domain.objects.filter(domain=NAME).exists()
    assert claimed(riverside, now).state == "waiting"  # whoever left it may come back
    late = now + timedelta(days=30)
    second = claimed(hillside, late)
    name_server.records[second.record_name] = [second.record_value]
    assert operations.check(claim_id=second.public_id, by=SYSTEM, now=late).state == "proved"
    assert Domain.objects.get(domain=NAME).tenant_id == hillside.pk


@pytest.mark.django_db
def test_a_quarantine_is_lifted_with_a_reason(
    riverside: Any, hillside: Any, name_server: NameServer, now: datetime
) -> None:
    first = proved(riverside, name_server, now)
    operations.release(claim_id=first.public_id, by=ALMA, now=now)
    operations.lift_quarantine(domain=NAME, reason="The shop was sold to Cleo", by=SYSTEM, now=now)
    assert claimed(hillside, now).state == "waiting"
    assert not Quarantine.objects.exists()


def test_of_two_malls_that_prove_a_domain_at_once_one_gets_it(committed: None, now: datetime) -> None:
    """T14: twenty rounds of two claims at once; each domain ends with one owner."""
    malls = list(Tenant.objects.order_by("pk"))[:2]
    outcomes = []
    for number in range(20):
        name = f"race{number}.example.com"
        claims = [claimed(mall, now, name) for mall in malls]
        barrier = Barrier(2)

        def act(claim: DomainClaim, barrier: Barrier = barrier) -> str:
            try:
                connection.ensure_connection()
                barrier.wait(timeout=20)
                operations.apply(claim_id=claim.public_id, finding=Finding(is_proved=True), by=SYSTEM, now=now)
            except operations.DomainTaken:
                return "refused"
            else:
                return "given"
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            outcomes.append(sorted(pool.map(act, claims)))
        DomainClaim.objects.filter(domain=name).update(state="released")
    assert outcomes == [["given", "refused"]] * 20
    assert Domain.objects.filter(domain__startswith="race").count() == 20


@pytest.mark.django_db
def test_a_proof_that_disappears_is_told_and_then_costs_the_domain(
    riverside: Any, name_server: NameServer, now: datetime, run_tasks: Any
) -> None:
    first = proved(riverside, name_server, now)
    operations.choose_primary(tenant=riverside, domain=NAME, by=ALMA, now=now)
    name_server.records.clear()
    assert operations.check_again(now=now + timedelta(hours=5)) == 0

    with run_tasks():
        assert operations.check_again(now=now + timedelta(hours=6)) == 1
    first.refresh_from_db()
    assert (first.state, Domain.objects.filter(domain=NAME).exists()) == ("failing", True)
    assert [letter.to for letter in mail.outbox] == [[riverside.owner_email]]
    assert first.record_value in mail.outbox[0].body
    operations.check_again(now=now + timedelta(days=6))
    first.refresh_from_db()
    assert first.state == "failing"
    operations.check_again(now=now + timedelta(days=8))

    first.refresh_from_db()
    riverside.refresh_from_db()
    assert (first.state, riverside.primary_host) == ("off", "")
    assert not Domain.objects.filter(domain=NAME).exists()
    assert Domain.objects.get(tenant=riverside, is_primary=True).domain == "riverside.localhost"
    assert queries.rests(NAME, now=now + timedelta(days=8))


@pytest.mark.django_db
@pytest.mark.parametrize("failure", ["SERVFAIL", "REFUSED", "silence"])
def test_dns_that_fails_says_nothing_about_a_proof(
    riverside: Any, name_server: NameServer, now: datetime, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A domain's own servers are down for ten days: it is neither failing nor turned off. That a name is not there says something."""
    monkeypatch.setattr(proof, "LIFETIME_S", 0.3)
    first = proved(riverside, name_server, now)
    name_server.is_silent = failure == "silence"
    name_server.rcode = None if name_server.is_silent else dns.rcode.from_text(failure)
    asked = len(name_server.asked)
    for day in range(1, 11):
        assert operations.check_again(now=now + timedelta(days=day)) == 1
    assert len(name_server.asked) >= asked + 10

    first.refresh_from_db()
    assert (first.state, first.checked_at) == ("proved", now + timedelta(days=10))
    assert Domain.objects.filter(domain=NAME).exists()

    name_server.is_silent, name_server.rcode = False, None  # the control
    name_server.records.clear()
    operations.check_again(now=now + timedelta(days=11))
    first.refresh_from_db()
    assert first.state == "failing"


def test_a_mall_whose_row_is_held_keeps_no_other_proof_from_being_looked_at(
    committed: None, name_server: NameServer, now: datetime
) -> None:
    """I7: the first of three malls is locked by somebody at the database's prompt."""
    malls = list(Tenant.objects.order_by("pk"))[:2]
    claims = []
    for number, tenant in enumerate([malls[0], malls[1], malls[1]]):
        claim = claimed(tenant, now, f"held{number}.example.com")
        DomainClaim.objects.filter(pk=claim.pk).update(state="proved", checked_at=now - timedelta(hours=10 - number))
        claims.append(claim)
    at = connection.settings_dict
    with psycopg.connect(
        host=at["HOST"], port=at["PORT"], dbname=at["NAME"], user=at["USER"], password=at["PASSWORD"]
    ) as holder:
        holder.execute("SELECT 1 FROM registry_tenant WHERE id = %s FOR UPDATE", [malls[0].pk])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        assert operations.check_again(now=now) == 2
    states = [DomainClaim.objects.get(pk=claim.pk).state for claim in claims]
    assert states == ["proved", "failing", "failing"]  # none has its record

    assert operations.check_again(now=now) == 1  # the first one's turn comes again
    assert DomainClaim.objects.get(pk=claims[0].pk).state == "failing"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("domain", "status"),
    [
        ("localhost", 200), ("riverside.localhost", 200), ("RIVERSIDE.localhost.", 200), ("nobody.localhost", 404),
        ("evil.example", 404), ("riverside.localhost..", 404), ("", 404), ("riverside.localhost:443", 404), ("a" * 5000, 404),
    ],
)  # fmt: skip
def test_the_proxy_gets_certificates_for_our_hosts_only(
    client_for: Callable[..., Any], riverside: Any, domain: str, status: int
) -> None:
    assert client_for(None).get("/internal/tls/ask", {"domain": domain}).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{"HTTP_X_FORWARDED_FOR": "203.0.113.5"}, {"REMOTE_ADDR": "198.41.0.4"}])
def test_strangers_learn_nothing_from_the_proxys_question(
    client_for: Callable[..., Any], riverside: Any, more: dict[str, str]
) -> None:
    assert client_for(None).get("/internal/tls/ask", {"domain": "riverside.localhost"}, **more).status_code == 404


@pytest.mark.django_db
def test_the_owner_manages_domains_and_a_stranger_does_not(
    client_for: Callable[..., Any],
    riverside: Any,
    alma: Any,
    cleo: Any,
    name_server: NameServer,
) -> None:
    owner = client_for(riverside, alma)
    refused = owner.post("/manage/domains/", {"domain": "hillside.localhost"})
    assert refused.status_code == 422
    made = owner.post("/manage/domains/", {"domain": "Noodles.example.com."})
    assert made.status_code == 302
    page = owner.get(made["location"])
    found = DomainClaim.objects.get()
    assert found.record_value in page.content.decode()
    assert client_for(Tenant.objects.get(slug="hillside"), cleo).get(made["location"]).status_code == 404
    name_server.records[found.record_name] = [found.record_value]
    owner.post(f"{made['location']}check/")
    assert DomainClaim.objects.get().state == "proved"


@pytest.mark.django_db
def test_a_form_leads_to_a_mall_at_a_domain_of_its_own_by_a_page_between(
    riverside: Any, name_server: NameServer, client_for: Callable[..., Any], now: datetime
) -> None:
    """The platform's policy lets forms go to its own domain only; a redirect elsewhere would be stopped by the browser."""
    visitor = client_for(None)
    assert visitor.get("/signin/", {"mall": "riverside"}).status_code == 302
    proved(riverside, name_server, now)
    operations.choose_primary(tenant=riverside, domain=NAME, by=ALMA, now=now)

    between = visitor.get("/signin/", {"mall": "riverside"})

    assert between.status_code == 200
    assert between["Refresh"].startswith(f"0; url=http://{NAME}:")
    assert between["Referrer-Policy"] == "no-referrer"


@pytest.mark.django_db
def test_the_address_of_a_mall_that_ended_is_not_given_to_the_next_one(hillside: Any, now: datetime) -> None:
    operations.release_all(tenant=hillside, by=SYSTEM, now=now)
    assert queries.rests("hillside.localhost", now=now + timedelta(days=29))
    assert not queries.rests("hillside.localhost", now=now + timedelta(days=30))
    assert not queries.is_ours("hillside.localhost")
