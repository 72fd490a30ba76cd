"""Signing: who may, what is kept, what it sets going (A1, A3, M9, M21)."""

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from billing.packages.models import Subscription
from ops_console.contracts import compiling, documents, drafting, queries, signing, text
from ops_console.contracts.drafting import ContractRefused, NotNow, Terms, VersionDraft
from ops_console.contracts.models import Contract, ContractVersion, Signature
from ops_console.contracts.signing import NameMissing, TextChanged, TooLate
from ops_console.leads.models import Lead
from ops_console.mandates.models import Mandate
from ops_console.work import cadence
from ops_console.work.clauses import from_json
from ops_console.work.models import Plan
from saas.accounts.middleware import actor_for
from saas.kernel.actors import Actor, OnlyTheMerchant
from tenants.registry.models import Tenant
from tests.factories import hosting

TODAY = date(2026, 11, 20)
# A Monday.
START = date(2026, 11, 23)


def test_both_signatures_set_work_mandate_and_invoices_going_a1(riverside: Any, mei: Any, now: datetime) -> None:
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    assert contract.state == Contract.State.SIGNED
    assert Plan.objects.filter(contract=contract.public_id).count() == 2
    mandate = Mandate.objects.get(contract=contract.public_id)
    assert mandate.starts_at == compiling.midnight(START, "America/Los_Angeles")
    assert {(one.permission, one.clause) for one in mandate.permissions.all()} == {
        (key, number) for key in ("content.edit", "content.publish") for number in ("2.1", "2.2")
    }
    subscription = Subscription.objects.get(contract=contract.public_id)
    assert (subscription.state, subscription.items[0]["amount_minor"]) == ("beginning", 20_000)
    assert Lead.objects.get(tenant=riverside).stage == Lead.Stage.SIGNED


def test_one_signature_sets_nothing_going(riverside: Any, mei: Any, now: datetime) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    hosting.signing.sign(
        contract=version.contract.public_id,
        schema=riverside.schema_name,
        hand=hosting.hand(version),
        by=hosting.ALMA,
        now=now,
    )
    assert not Plan.objects.exists()
    assert not Mandate.objects.filter(contract=version.contract.public_id).exists()
    assert not Subscription.objects.filter(contract=version.contract.public_id).exists()
    version.contract.refresh_from_db()
    assert version.contract.state == Contract.State.SENT


def test_a_signature_keeps_who_when_from_where_and_the_texts_hash(riverside: Any, mei: Any, now: datetime) -> None:
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    one = Signature.objects.get(version__contract=contract, side="merchant")
    assert (one.name, one.email, one.ip, one.user_agent, one.signed_at) == (
        "Alma Reyes", "alma@riverside.example", "203.0.113.9", "Firefox", now,
    )  # fmt: skip
    assert one.text_hash == text.hash_of(one.version.text)


@pytest.mark.parametrize(
    "by", [Actor(kind="agency", name="Mei"), Actor(kind="merchant", name="Mei", on_behalf_of="Riverside")]
)
def test_nobody_of_the_agency_signs_or_declines_for_the_merchant_a3(
    riverside: Any, mei: Any, now: datetime, by: Actor
) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    place = {"contract": version.contract.public_id, "schema": riverside.schema_name, "by": by, "now": now}
    with pytest.raises(OnlyTheMerchant):
        signing.sign(**place, hand=hosting.hand(version))
    with pytest.raises(OnlyTheMerchant):
        signing.decline(**place, reason="No thanks")
    version.refresh_from_db()
    assert (version.state, version.signatures.count()) == ("sent", 0)


def test_another_malls_contract_cannot_be_signed(riverside: Any, hillside: Any, mei: Any, now: datetime) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    with pytest.raises(Contract.DoesNotExist):
        signing.sign(
            contract=version.contract.public_id,
            schema=hillside.schema_name,
            hand=hosting.hand(version),
            by=hosting.ALMA,
            now=now,
        )
    assert not Signature.objects.exists()


def test_what_is_signed_is_what_was_read(riverside: Any, mei: Any, now: datetime) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    place = {"contract": version.contract.public_id, "schema": riverside.schema_name, "by": hosting.ALMA, "now": now}
    with pytest.raises(TextChanged):
        signing.sign(**place, hand=replace(hosting.hand(version), text_hash="0" * 64))
    ContractVersion.objects.filter(pk=version.pk).update(text=version.text.replace("$200.00", "$900.00"))
    with pytest.raises(TextChanged):
        signing.sign(**place, hand=hosting.hand(version))
    with pytest.raises(TextChanged):
        signing.countersign(
            contract=version.contract.public_id,
            person=mei,
            hand=hosting.hand(version, "Mei Tan"),
            by=actor_for(mei),
            now=now,
        )
    assert not Signature.objects.exists()


def test_a_signature_is_a_name(riverside: Any, mei: Any, now: datetime) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    with pytest.raises(NameMissing):
        signing.sign(
            contract=version.contract.public_id, schema=riverside.schema_name, hand=hosting.hand(version, " . "), by=hosting.ALMA,
            now=now,
        )  # fmt: skip


def test_the_paper_holds_exactly_the_text_that_was_signed(riverside: Any, mei: Any, now: datetime) -> None:
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    row = queries.one(contract.public_id, now=now)
    content = documents.as_pdf(row, row.first)
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    found = {text.hash_of(plain.decode()) for one in streams if (plain := _plain(one))}
    assert row.first.text_hash in found
    paper = documents.paper(row, row.first)
    assert [one["text"] for one in paper["blocks"]] == [one.text for one in text.blocks(row.first.text)]  # type: ignore[attr-defined]
    assert [one["name"] for one in paper["signatures"]] == ["Alma Reyes", "Mei Tan"]  # type: ignore[attr-defined]


def _plain(stream: bytes) -> bytes:
    try:
        plain = zlib.decompress(stream)
        plain.decode()
    except (zlib.error, UnicodeDecodeError):
        return b""
    return plain


def test_both_get_the_paper_by_mail(riverside: Any, mei: Any, now: datetime, run_tasks: Callable[[], Any]) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    mail.outbox.clear()
    with run_tasks():
        hosting.sign_both(version, riverside, mei, now=now)
    enclosed = {one.to[0]: one.attachments[0] for one in mail.outbox if one.attachments}  # type: ignore[attr-defined]
    assert set(enclosed) == {riverside.owner_email, mei.email}
    assert all(content.startswith(b"%PDF") for _name, content, _kind in enclosed.values())


def test_a_declined_contract_tells_why_and_begins_nothing(riverside: Any, mei: Any, now: datetime) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    place = {"contract": version.contract.public_id, "schema": riverside.schema_name, "by": hosting.ALMA, "now": now}
    with pytest.raises(ContractRefused):
        signing.decline(**place, reason=" ")
    signing.decline(**place, reason="Too dear for the winter")
    contract = Contract.objects.get(public_id=version.contract.public_id)
    assert (contract.state, contract.reason) == ("declined", "Too dear for the winter")
    with pytest.raises(NotNow):
        signing.sign(**place, hand=hosting.hand(version))
    assert Lead.objects.get(tenant=riverside).stage == Lead.Stage.QUOTED


def test_a_merchant_who_never_answers_is_reminded_once_and_then_the_offer_expires(
    riverside: Any, mei: Any, now: datetime
) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=TODAY + timedelta(days=60))
    contract = version.contract.public_id
    assert not signing.remind(contract=contract, now=now + timedelta(days=4))
    assert signing.remind(contract=contract, now=now + timedelta(days=6))
    assert not signing.remind(contract=contract, now=now + timedelta(days=7))
    assert not signing.expire(contract=contract, now=now + timedelta(days=14))
    assert signing.expire(contract=contract, now=now + timedelta(days=15))
    assert Contract.objects.get(public_id=contract).state == "expired"
    with pytest.raises(NotNow):
        signing.sign(
            contract=contract, schema=riverside.schema_name, hand=hosting.hand(version), by=hosting.ALMA,
            now=now + timedelta(days=15),
        )  # fmt: skip


def test_nothing_is_signed_after_the_day_on_which_it_was_to_begin(riverside: Any, mei: Any, now: datetime) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    with pytest.raises(TooLate):
        signing.sign(
            contract=version.contract.public_id, schema=riverside.schema_name, hand=hosting.hand(version), by=hosting.ALMA,
            now=now + timedelta(days=4),
        )  # fmt: skip
    assert not Signature.objects.exists()


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms(TODAY - timedelta(days=1), None, 3, 30), "starts_on"),
        (Terms(START, None, 2, 30), "minimum_months"),
        (Terms(START, START + timedelta(days=60), 3, 30), "ends_on"),
        (Terms(START, None, 3, 0), "ends_on"),
        (Terms(START, None, 3, 181), "notice_days"),
    ],
)
def test_a_contract_begins_in_the_future_lasts_long_enough_and_can_be_ended_m9(
    riverside: Any, mei: Any, now: datetime, terms: Terms, field: str
) -> None:
    quote = hosting.quote(riverside, mei, now=now)
    commission = drafting.Commission(riverside, mei, "invoice", terms)
    with pytest.raises(ContractRefused) as refusal:
        drafting.draft(quote=quote.public_id, commission=commission, by=actor_for(mei), now=now)
    assert refusal.value.data["field"] == field
    assert not Contract.objects.exists()


def test_two_contracts_of_one_mall_cannot_run_at_once(riverside: Any, mei: Any, now: datetime) -> None:
    first = hosting.sent(riverside, mei, now=now, starts_on=START)
    later = hosting.draft(riverside, mei, now=now, starts_on=START + timedelta(days=9))
    with pytest.raises(ContractRefused):
        signing.send(contract=later.public_id, by=actor_for(mei), now=now)
    hosting.sign_both(first, riverside, mei, now=now)
    with pytest.raises(ContractRefused):
        signing.send(contract=later.public_id, by=actor_for(mei), now=now)
    # The database has the last word, whatever the code asked before.
    Contract.objects.filter(pk=later.pk).update(state="withdrawn")
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="contract_one_at_a_time_for_a_mall"), transaction.atomic():
        Contract.objects.filter(pk=later.pk).update(state="active")


def test_a_suspended_mall_is_not_contracted(riverside: Any, mei: Any, now: datetime) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.SUSPENDED)
    with pytest.raises(ContractRefused, match="suspended"):
        signing.sign(
            contract=version.contract.public_id,
            schema=riverside.schema_name,
            hand=hosting.hand(version),
            by=hosting.ALMA,
            now=now,
        )


def test_a_cadence_that_never_fires_is_refused_while_drafting(riverside: Any, mei: Any, now: datetime) -> None:
    contract = hosting.draft(riverside, mei, now=now, starts_on=START)
    row = contract.versions.get()
    never = [replace(from_json(row.clauses[0]), rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")]
    with pytest.raises(cadence.CadenceRefused):
        drafting.change(
            contract=contract.public_id, version=VersionDraft(never, row.prices, row.limits, row.effective_on), by=actor_for(mei),
            now=now,
        )  # fmt: skip


def test_an_early_low_price_is_written_with_its_days_m21(riverside: Any, mei: Any, now: datetime) -> None:
    contract = hosting.draft(riverside, mei, now=now, starts_on=date(2026, 12, 1))
    row = contract.versions.get()
    row.prices[0] |= {"intro_amount_minor": 9_900, "intro_months": 2}
    said = text.write(contract, row, answer_until=START)
    assert (
        "$99.00 each month from December 1, 2026 to January 31, 2027, then $200.00 each month from February 1, 2027 on"
        in said
    )


def test_the_same_facts_are_written_in_the_merchants_language(riverside: Any, mei: Any, now: datetime) -> None:
    contract = hosting.draft(riverside, mei, now=now, starts_on=START)
    contract.language = "zh-hans"
    said = text.write(contract, contract.versions.get(), answer_until=START)
    assert said.startswith(f"# 托管合同 {contract.number}：Hosting\n")
    assert "每周的星期一、星期三和星期五" in said
    assert "2026年11月23日" in said
    assert not re.search(r"\{\{|\{%", said)
    known = replace(from_json(contract.versions.get().clauses[0]), title="Write and publish a post", rrule="FREQ=DAILY")
    (task,) = compiling._to_do(contract, contract.versions.get(), [known])
    assert task == replace(known, title="撰写并发布内容")


def test_a_contract_begins_on_its_day_where_the_mall_is(riverside: Any, mei: Any, now: datetime) -> None:
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    midnight = compiling.midnight(START, "America/Los_Angeles")
    compiling.apply_due(now=midnight - timedelta(seconds=1))
    contract.refresh_from_db()
    assert contract.state == Contract.State.SIGNED
    compiling.apply_due(now=midnight)
    contract.refresh_from_db()
    assert contract.state == Contract.State.ACTIVE
