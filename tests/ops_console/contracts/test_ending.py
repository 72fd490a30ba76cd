"""Ending: the minimum term and the notice (M9), access that goes with the contract (A1), the hand-over."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from django.core import mail

from billing.packages import agreed, beginning, closing, items, queries, selling
from billing.packages.models import Invoice, Subscription
from billing.packages.selling import FollowsContract, OfferRefused
from ops_console.audits.models import MallAudit
from ops_console.contracts import compiling, documents, ending, moving, summary, words
from ops_console.contracts import queries as contracts
from ops_console.contracts.drafting import ContractRefused, NotNow
from ops_console.contracts.models import Contract, ContractVersion, HandOverStep
from ops_console.mandates.models import Mandate
from ops_console.mandates.standing import powers
from ops_console.work.models import Task
from saas.accounts.middleware import actor_for
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import Actor, OnlyTheMerchant
from saas.kernel.tasks import enqueue
from tests.factories import hosting
from tests.stripe_sandbox import StripeSandbox

START, ZONE = date(2026, 11, 23), "America/Los_Angeles"


@pytest.fixture
def contract(riverside: Any, mei: Any, now: datetime) -> Contract:
    """A contract that runs since Monday, 23 November 2026, for at least three months."""
    found = hosting.signed(riverside, mei, now=now, starts_on=START)
    compiling.apply_due(now=compiling.midnight(START, ZONE))
    found.refresh_from_db()
    return found


def give_notice(contract: Contract, *, now: datetime) -> Contract:
    """Alma ends it."""
    ending.give_notice(
        contract=contract.public_id, schema=contract.tenant.schema_name, reason="", by=hosting.ALMA, now=now
    )
    return Contract.objects.get(pk=contract.pk)


def test_a_notice_never_ends_a_contract_before_its_minimum_term_m9(contract: Contract, now: datetime) -> None:
    ended = give_notice(contract, now=now + timedelta(days=5))
    assert (ended.state, ended.ends_on) == ("ending", date(2027, 2, 23))


def test_after_the_minimum_term_the_notice_period_counts_m9(contract: Contract) -> None:
    later = compiling.midnight(date(2027, 3, 10), ZONE)
    assert give_notice(contract, now=later).ends_on == date(2027, 4, 9)


def test_a_notice_given_twice_is_one(contract: Contract, now: datetime) -> None:
    first = give_notice(contract, now=now + timedelta(days=5))
    again = give_notice(contract, now=now + timedelta(days=100))
    assert (again.ends_on, again.notice_at) == (first.ends_on, first.notice_at)


def test_nobody_gives_notice_for_the_merchant_a3(contract: Contract, now: datetime) -> None:
    with pytest.raises(OnlyTheMerchant):
        ending.give_notice(
            contract=contract.public_id, schema=contract.tenant.schema_name, reason="",
            by=Actor(kind="merchant", name="Mei", on_behalf_of="Riverside"), now=now,
        )  # fmt: skip
    contract.refresh_from_db()
    assert contract.ends_on is None


def test_access_ends_in_the_minute_in_which_the_contract_does_a1(contract: Contract, now: datetime) -> None:
    ended = give_notice(contract, now=now + timedelta(days=5))
    over = compiling.midnight(ended.ends_on or START, ZONE)
    # The mandate knows its end from the notice on: nothing has to run for it to be over.
    assert powers(contract.tenant_id, at=over - timedelta(seconds=1)) is not None
    assert powers(contract.tenant_id, at=over) is None
    assert ending.end_due(now=over - timedelta(seconds=1)) == 0
    assert ending.end_due(now=over) == 1
    ended.refresh_from_db()
    assert (ended.state, ended.ended_at) == ("ended", over)
    assert not Task.objects.filter(contract=contract.public_id, state="open", occurs_on__gte=ended.ends_on).exists()
    done = HandOverStep.objects.filter(contract=ended).exclude(done_at=None).values_list("key", flat=True)
    assert set(done) == set(ending.BY_ITSELF)


def test_an_admin_ends_it_at_once_for_a_reason_and_the_access_with_it_a1(
    contract: Contract, mei: Any, ada: Any, now: datetime
) -> None:
    at = compiling.midnight(START, ZONE) + timedelta(hours=30)
    place: dict[str, Any] = {"contract": contract.public_id, "now": at}
    with pytest.raises(ContractRefused):
        ending.end_for_cause(**place, person=mei, reason="The mall sells forbidden goods", by=actor_for(mei))
    with pytest.raises(ContractRefused):
        ending.end_for_cause(**place, person=ada, reason="because", by=actor_for(ada))
    assert powers(contract.tenant_id, at=at) is not None
    ending.end_for_cause(**place, person=ada, reason="The mall sells forbidden goods", by=actor_for(ada))
    assert powers(contract.tenant_id, at=at) is None
    contract.refresh_from_db()
    assert (contract.state, contract.is_for_cause, contract.ends_on) == ("ended", True, date(2026, 11, 24))
    with pytest.raises(NotNow):
        ending.end_for_cause(**place, person=ada, reason="The mall sells forbidden goods", by=actor_for(ada))


def test_ending_withdraws_what_waited_to_be_signed(contract: Contract, riverside: Any, mei: Any, now: datetime) -> None:
    from ops_console.contracts import drafting, signing

    at = now + timedelta(days=5)
    drafting.amend(contract=contract.public_id, effective_on=date(2026, 12, 7), by=actor_for(mei), now=at)
    version = signing.send(contract=contract.public_id, by=actor_for(mei), now=at)
    give_notice(contract, now=at)
    version.refresh_from_db()
    assert version.state == ContractVersion.State.WITHDRAWN
    with pytest.raises(NotNow):
        signing.sign(
            contract=contract.public_id,
            schema=riverside.schema_name,
            hand=hosting.hand(version),
            by=hosting.ALMA,
            now=at,
        )


def test_a_contract_that_never_began_ends_without_a_task_or_an_invoice(
    riverside: Any, mei: Any, ada: Any, now: datetime
) -> None:
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    ending.end_for_cause(
        contract=contract.public_id,
        person=ada,
        reason="Signed for the wrong mall",
        by=actor_for(ada),
        now=now + timedelta(hours=1),
    )
    assert Task.objects.filter(contract=contract.public_id).exclude(state="cancelled").count() == 0
    assert Subscription.objects.get(contract=contract.public_id).state == Subscription.State.WITHDRAWN
    assert all(one.ends_at == one.starts_at for one in Mandate.objects.filter(contract=contract.public_id))
    row = contracts.one(contract.public_id, now=now)
    assert summary.of(row, row.first).last_day == words.day(START, "en"), "it had its first day, and none before that"
    assert documents.as_pdf(row, row.first).startswith(b"%PDF")


def test_both_are_told_and_the_merchant_is_offered_the_archive(
    contract: Contract, mei: Any, now: datetime, run_tasks: Callable[[], Any]
) -> None:
    with run_tasks():
        give_notice(contract, now=now + timedelta(days=5))
    assert {one.to[0] for one in mail.outbox} == {contract.tenant.owner_email, mei.email}
    mail.outbox.clear()
    with run_tasks():
        ending.end_due(now=compiling.midnight(date(2027, 2, 23), ZONE))
    said = next(str(one.body) for one in mail.outbox if one.to[0] == contract.tenant.owner_email)
    assert "An archive of the whole mall can be made" in said


def test_an_erased_malls_contract_ends_and_its_reasons_and_drafts_are_forgotten(
    contract: Contract, riverside: Any, mei: Any, now: datetime
) -> None:
    draft = hosting.draft(riverside, mei, now=now, starts_on=START + timedelta(days=400))
    moving.forget(schema_name=contract.tenant.schema_name)
    draft.refresh_from_db()
    assert (draft.state, draft.versions.get().state, draft.quote.customer) == ("withdrawn", "withdrawn", "")
    contract.refresh_from_db()
    assert (contract.state, contract.reason, contract.notice_by) == ("ended", "", "")


def test_the_sweep_is_safe_at_any_time(contract: Contract, run_tasks: Callable[[], Any]) -> None:
    for _time in range(2):
        with run_tasks():
            enqueue("ops_console.contracts.move_on")
    assert Contract.objects.get(pk=contract.pk).state in ("active", "signed")


def test_a_contract_is_billed_changed_and_ended_at_stripe(riverside: Any, mei: Any, stripe: StripeSandbox) -> None:
    now = clock.now()
    today = now.astimezone(hosting.zone_of(riverside)).date()
    contract = hosting.signed(riverside, mei, now=now, starts_on=today)
    assert agreed.start_due(now=now) == 1
    row = Subscription.objects.get(contract=contract.public_id)
    assert row.state == Subscription.State.ACTIVE
    with pytest.raises(FollowsContract):
        selling.give_notice(subscription=row.public_id, by=hosting.ALMA, now=now)
    dearer = [row.items[0] | {"amount_minor": 25_000, "price": "changed-price"}]
    agreed.change(contract=contract.public_id, items=dearer, since=now, by=hosting.ALMA, now=now)
    assert items.end_introductions(now=now) == 1
    assert items.end_introductions(now=now) == 0
    agreed.end(contract=contract.public_id, ends_at=now, by=hosting.ALMA, now=now)
    assert closing.end_due(now=now) == 1
    row.refresh_from_db()
    assert row.state == Subscription.State.ENDED
    assert not Invoice.objects.filter(subscription=row, total_minor__lt=0).exists()


def test_a_card_that_is_entered_after_the_end_is_not_charged_on(
    riverside: Any, mei: Any, stripe: StripeSandbox
) -> None:
    """Stripe's page was still open when the contract ended."""
    now = clock.now()
    today = now.astimezone(hosting.zone_of(riverside)).date()
    contract = hosting.signed(riverside, mei, now=now, starts_on=today, pays_by="card")
    row = Subscription.objects.get(contract=contract.public_id)
    urls = ("http://riverside.localhost/begun/", "http://riverside.localhost/services/")
    assert beginning.begin(subscription=row.public_id, tenant=riverside, urls=urls, now=now).url
    agreed.end(contract=contract.public_id, ends_at=now, by=hosting.ALMA, now=now)
    stripe.pay(stripe.client.v1.checkout.sessions.list({"limit": 1}).data[0].id)
    row.refresh_from_db()
    late = stripe.client.v1.subscriptions.list({"customer": row.stripe_customer}).data[0]
    for _time in range(2):
        beginning.refresh(stripe_subscription=late.id, now=now)
    assert stripe.client.v1.subscriptions.retrieve(late.id).status == "canceled"
    row.refresh_from_db()
    assert (row.state, row.stripe_subscription) == ("withdrawn", "")
    assert AuditEntry.objects.filter(action="package.ended", subject_id=row.public_id).count() == 1


def test_a_follow_on_contract_is_signed_while_the_former_runs_and_is_billed_when_that_has_ended(
    riverside: Any, mei: Any, stripe: StripeSandbox, client_for: Callable[..., Any]
) -> None:
    """A renewal begins on the day on which the former contract is over."""
    now = clock.now()
    today = now.astimezone(hosting.zone_of(riverside)).date()
    over = today + relativedelta(months=3)
    former = hosting.signed(riverside, mei, now=now, starts_on=today, ends_on=over)
    later = hosting.signed(riverside, mei, now=now, starts_on=over, pays_by="balance")
    shown = [row.contract for row in queries.of_mall(riverside.schema_name)]
    assert shown == [former.public_id, later.public_id], "the first to begin asks for its card"
    assert agreed.start_due(now=now) == 1
    states = {one.contract: one.state for one in Subscription.objects.all()}
    assert states == {former.public_id: "active", later.public_id: "beginning"}
    page = client_for(None, mei).get(f"/ops/malls/{riverside.public_id}/services/").content.decode()
    assert f"Then Hosting ({later.number})" in page
    at = compiling.midnight(over, riverside.time_zone)
    # The former one's end at Stripe is waited for: never two at once.
    assert (agreed.start_due(now=at), closing.end_due(now=at), agreed.start_due(now=at)) == (0, 1, 1)
    states = {one.contract: one.state for one in Subscription.objects.all()}
    assert states == {former.public_id: "ended", later.public_id: "active"}
    with pytest.raises(OfferRefused):
        agreed.agree(
            agreed.Agreement("x" * 26, "Third", "usd", "invoice", [], 3, 30, at + timedelta(days=1), None, "Alma"),
            tenant=riverside, by=hosting.ALMA, now=at,
        )  # fmt: skip


def test_work_by_card_without_a_card_is_told_and_then_billed_by_invoice(
    riverside: Any, mei: Any, stripe: StripeSandbox, run_tasks: Callable[[], Any], client_for: Callable[..., Any]
) -> None:
    """Nobody works unpaid for months: the page for the card closes when invoices begin."""
    now = clock.now()
    today = now.astimezone(hosting.zone_of(riverside)).date()
    contract = hosting.signed(riverside, mei, now=now, starts_on=today, pays_by="card")
    row = Subscription.objects.get(contract=contract.public_id)
    urls = ("http://riverside.localhost/begun/", "http://riverside.localhost/services/")
    assert beginning.begin(subscription=row.public_id, tenant=riverside, urls=urls, now=now).url
    mail.outbox.clear()
    for _time in range(2):
        with run_tasks():
            assert agreed.start_due(now=now) == 0
    assert [one.subject for one in mail.outbox] == [f"Enter a card for what you signed for {riverside.name}"]
    row.refresh_from_db()
    assert "no card was entered" in client_for(None, mei).get("/ops/work/").content.decode()
    at = agreed.by_invoice_from(row)
    assert agreed.start_due(now=at - timedelta(seconds=1)) == 0
    assert agreed.start_due(now=at) == 1
    row.refresh_from_db()
    assert (row.state, row.pays_by) == ("active", "invoice")
    assert [one.status for one in stripe.client.v1.checkout.sessions.list({"limit": 9}).data] == ["expired"]
    assert "no card was entered" not in client_for(None, mei).get("/ops/work/").content.decode()


def test_a_mall_with_a_package_of_its_own_is_told_why_it_cannot_sign(riverside: Any, mei: Any, now: datetime) -> None:
    version = hosting.sent(riverside, mei, now=now, starts_on=START)
    Subscription.objects.create(
        tenant_schema=riverside.schema_name, name="Own", currency="usd", items=[], minimum_months=1, notice_days=30,
        pays_by="invoice", state="active", offered_by="Mei", offered_at=now,
    )  # fmt: skip
    with pytest.raises(OfferRefused, match="End or withdraw that first"):
        hosting.sign_both(version, riverside, mei, now=now)


def test_what_was_signed_for_later_does_not_come_when_the_contract_is_over(
    riverside: Any, mei: Any, ada: Any, now: datetime
) -> None:
    """On the day on which it would have begun the mall stays one that publishes by itself."""
    hosting.module(now=now).task_templates.update(permissions=["deals.publish"])
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    at = now + timedelta(hours=1)
    reason = "Signed for the wrong mall"
    ending.end_for_cause(contract=contract.public_id, person=ada, reason=reason, by=actor_for(ada), now=at)
    assert compiling.apply_due(now=compiling.midnight(START, ZONE)) == 0
    assert not MallAudit.objects.filter(tenant=riverside).exists()
    contract.refresh_from_db()
    assert contract.state == "ended"


def test_the_hand_over_stands_in_the_account_managers_work_until_it_is_done(
    contract: Contract, mei: Any, ada: Any, client_for: Callable[..., Any], now: datetime
) -> None:
    heading, first = "Hand-overs", str(ending.STEPS["open_work"])

    def page(person: Any, query: str = "") -> str:
        return str(client_for(None, person).get(f"/ops/work/{query}").content.decode())

    assert heading not in page(mei)
    give_notice(contract, now=now + timedelta(days=5))
    mine = page(mei)
    assert all(
        words in mine for words in (heading, first, "ends Feb 23, 2027", f"/ops/contracts/{contract.public_id}/")
    )
    assert str(ending.STEPS["access"]) not in mine, "the system does it"
    assert heading not in page(ada)
    assert first in page(ada, "?whose=all&q=riverside")
    assert heading not in page(mei, "?q=elsewhere")
    assert heading not in page(mei, "?tab=late")
    for key in set(ending.STEPS) - set(ending.BY_ITSELF):
        ending.tick(contract=contract.public_id, key=key, by=actor_for(mei), now=now + timedelta(days=6))
    assert heading not in page(mei)
