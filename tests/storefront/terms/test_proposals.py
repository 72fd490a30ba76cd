"""Changes of the terms: offered by the agency, confirmed by the merchant, for later orders only (M3, M7)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.ledger.subscribers import shares_of
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, OnlyTheMerchant
from saas.kernel.outbox.models import OutboxEvent
from storefront.checkout import settling
from storefront.terms import operations, proposals, queries
from storefront.terms.models import CommissionTerm, TermProposal
from storefront.terms.operations import TermDraft, TermOverlaps, TermRefused
from storefront.terms.proposals import ProposalDecided, ProposalLapsed, ProposalStands, ProposalTooLate
from storefront.vouchers.models import Voucher
from tests.factories import shop

TOMAS = Actor(kind="agency", name="Tomas")
ALMA = Actor(kind="merchant", name="Alma")


@pytest.fixture(autouse=True)
def _one_rule(mall: Any, now: datetime) -> None:
    CommissionTerm.objects.all().delete()
    shop.a_term(now=now - timedelta(days=1), name="Standard", rate_bp=800)


def offered(now: datetime, **fields: Any) -> TermProposal:
    """Offer 10 % and 5 % for the agency, from tomorrow, in place of what runs."""
    given: dict[str, Any] = {
        "name": "Hosted", "rate_bp": 1000, "agency_rate_bp": 500, "starts_at": now + timedelta(days=1), "is_replacing": True,
        **fields,
    }  # fmt: skip
    return proposals.propose(draft=TermDraft(**given), reason="We run the mall from May on.", by=TOMAS, now=now)


def rules() -> list[Any]:
    """Return all rules, to show that nothing changed."""
    return list(CommissionTerm.objects.order_by("pk").values())


def test_nothing_changes_before_the_merchants_yes_m7(now: datetime) -> None:
    before = rules()
    found = offered(now)
    assert (found.state, found.before, found.reason) == (
        "open", ["Standard: The whole mall, 8 %"], "We run the mall from May on.",
    )  # fmt: skip
    assert rules() == before
    term = proposals.accept(proposal=found.public_id, by=ALMA, now=now)
    assert (term.name, term.rate_bp, term.agency_rate_bp, term.agreed_by, term.replaces) == (
        "Hosted", 1000, 500, "Alma", [CommissionTerm.objects.get(name="Standard").public_id],
    )  # fmt: skip
    assert queries.explanation(term) == "Hosted: The whole mall, 10 % and 5 % for the agency"
    told = OutboxEvent.objects.get(kind="terms.answered").payload
    assert (told["state"], told["by"]) == ("accepted", "Alma")
    assert AuditEntry.objects.filter(action__in=["terms.proposed", "terms.accepted"]).count() == 2


def test_a_change_holds_for_later_orders_and_never_for_earlier_ones_m3(now: datetime) -> None:
    deal = shop.a_deal(now=now)
    early = shop.an_order(deal, now=now, units=2)
    proposals.accept(proposal=offered(now, starts_at=now).public_id, by=ALMA, now=now + timedelta(hours=1))
    late = shop.an_order(deal, now=now + timedelta(hours=2), units=2)
    lines = [order.lines.get() for order in (early, late)]
    assert [(line.commission_rate_bp, line.agency_rate_bp) for line in lines] == [(800, 0), (1000, 500)]
    assert [line.commission_rule for line in lines] == [
        "Standard: The whole mall, 8 %", "Hosted: The whole mall, 10 % and 5 % for the agency",
    ]  # fmt: skip


def test_a_late_yes_starts_now_and_not_in_the_past_m9(now: datetime) -> None:
    found = offered(now)
    later = now + timedelta(days=9)
    assert proposals.accept(proposal=found.public_id, by=ALMA, now=later).starts_at == later


def test_a_yes_after_the_end_of_the_offers_time_is_refused(now: datetime) -> None:
    found = offered(now, ends_at=now + timedelta(days=3))
    before = rules()
    with pytest.raises(ProposalTooLate):
        proposals.accept(proposal=found.public_id, by=ALMA, now=now + timedelta(days=3))
    assert rules() == before


def test_two_clicks_are_one_rule(now: datetime) -> None:
    found = offered(now)
    first = proposals.accept(proposal=found.public_id, by=ALMA, now=now)
    assert proposals.accept(proposal=found.public_id, by=ALMA, now=now) == first
    assert CommissionTerm.objects.filter(name="Hosted").count() == 1


@pytest.mark.parametrize("by", [TOMAS, Actor(kind="merchant", name="Mei", on_behalf_of="Alma")])
def test_nobody_answers_for_the_merchant_a3(now: datetime, by: Actor) -> None:
    found = offered(now)
    with pytest.raises(OnlyTheMerchant):
        proposals.accept(proposal=found.public_id, by=by, now=now)
    with pytest.raises(OnlyTheMerchant):
        proposals.decline(proposal=found.public_id, answer="", by=by, now=now)
    found.refresh_from_db()
    assert found.state == "open"


def test_declined_and_withdrawn_offers_stay_as_they_are(now: datetime) -> None:
    before = rules()
    declined = proposals.decline(proposal=offered(now).public_id, answer="8 % is fair.", by=ALMA, now=now)
    withdrawn = proposals.withdraw(proposal=offered(now).public_id, by=TOMAS, now=now)
    assert (declined.answer, withdrawn.state) == ("8 % is fair.", "withdrawn")
    for found in (declined, withdrawn):
        with pytest.raises(ProposalDecided):
            proposals.accept(proposal=found.public_id, by=ALMA, now=now)
    assert rules() == before


def test_one_offer_at_a_time_for_the_same_thing(now: datetime) -> None:
    offered(now)
    with pytest.raises(ProposalStands):
        offered(now, rate_bp=900)
    offered(now, scope="category", scope_id="lunch")
    assert TermProposal.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"is_replacing": False}, TermOverlaps),
        ({"starts_at": -1}, TermRefused),
        ({"rate_bp": 9_600}, TermRefused),
        ({"rate_bp": 10_001, "agency_rate_bp": 0}, TermRefused),
        ({"agency_rate_bp": -1}, TermRefused),
        ({"minimum_minor": 200, "maximum_minor": 100}, TermRefused),
        ({"scope": "deal"}, TermRefused),
        ({"ends_at": 1}, TermRefused),
    ],
)
def test_terms_that_overlap_or_make_no_sense_are_refused_and_leave_no_row(
    now: datetime, fields: dict[str, Any], refusal: type[Exception]
) -> None:
    moments = {name: now + timedelta(days=value) for name, value in fields.items() if name.endswith("_at")}
    with pytest.raises(refusal):
        offered(now, **{**fields, **moments})
    assert not TermProposal.objects.exists()


def test_overlapping_rules_are_refused_unless_they_replace(now: datetime) -> None:
    draft = {"name": "May", "rate_bp": 500, "starts_at": now, "ends_at": now + timedelta(days=30)}
    with pytest.raises(TermOverlaps, match="Standard: The whole mall, 8 %"):
        operations.add_term(draft=TermDraft(**draft), by=ALMA, now=now)
    operations.add_term(draft=TermDraft(**draft, is_replacing=True), by=ALMA, now=now)
    june = {
        "name": "June",
        "rate_bp": 400,
        "starts_at": now + timedelta(days=30),
        "scope": "category",
        "scope_id": "lunch",
    }
    operations.add_term(draft=TermDraft(**june), by=ALMA, now=now)
    assert CommissionTerm.objects.count() == 3


@pytest.mark.parametrize(
    ("units", "rate_bp", "tax_bp", "agency_bp"),
    [(3, 1000, 600, 500), (7, 3333, 0, 6667), (2, 0, 600, 9999), (3, 9950, 0, 50), (7, 5000, 10_000, 0)],
)
def test_of_each_voucher_the_platform_takes_first_then_its_tax_then_the_agency_and_nothing_is_lost_m5_m6(
    now: datetime, units: int, rate_bp: int, tax_bp: int, agency_bp: int
) -> None:
    draft = TermDraft("Hosted", rate_bp, now, agency_rate_bp=agency_bp, tax_rate_bp=tax_bp, is_replacing=True)
    operations.add_term(draft=draft, by=ALMA, now=now)
    order = shop.an_order(shop.a_deal(now=now, price_minor=1001), now=now, units=units)
    payment = shop.a_payment(order, now=now)
    settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    vouchers = list(Voucher.objects.filter(line__order=order))
    assert len(vouchers) == units
    total = 1001 * units
    platform, tax, agency = (
        sum(getattr(one, f"{name}_minor") for one in vouchers) for name in ("commission", "commission_tax", "agency")
    )
    assert abs(platform - total * rate_bp / 10_000) <= 0.5
    assert abs(tax - platform * tax_bp / 10_000) <= 0.5 or tax == total - platform
    assert agency == min(round(total * agency_bp / 10_000), total - platform - tax)
    taken = [one.commission_minor + one.commission_tax_minor + one.agency_minor for one in vouchers]
    assert all(minor <= one.price_minor for minor, one in zip(taken, vouchers, strict=True))


def test_the_tax_on_commission_is_agreed_frozen_and_booked_apart_m5_m3(now: datetime) -> None:
    """Of 10.01 at 10 %: 1.00 commission and 6 % tax on it; orders from before the merchant's yes have none."""
    deal = shop.a_deal(now=now, price_minor=1001)
    early = shop.an_order(deal, now=now)
    proposals.accept(
        proposal=offered(now, starts_at=now, agency_rate_bp=0, tax_rate_bp=600).public_id, by=ALMA, now=now
    )
    late = shop.an_order(deal, now=now + timedelta(hours=1))
    assert [order.lines.get().commission_tax_bp for order in (early, late)] == [0, 600]
    assert late.lines.get().commission_rule == "Hosted: The whole mall, 10 % plus 6 % tax on it"
    payment = shop.a_payment(late, now=now)
    settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    told = OutboxEvent.objects.get(kind="order.paid").payload["vouchers"][0]
    parts = shares_of(told)
    assert (parts.commission_minor, parts.tax_minor, parts.merchant_minor) == (100, 6, 895)


def test_a_refused_tax_changes_nothing_m5(now: datetime) -> None:
    before = rules()
    for bad in (
        {"tax_rate_bp": 10_001},
        {"tax_rate_bp": -1},
        {"rate_bp": 9000, "agency_rate_bp": 0, "tax_rate_bp": 1200},
    ):
        with pytest.raises(TermRefused) as refused:
            offered(now, **bad)
        assert refused.value.data["field"] == "tax_rate_bp"
    assert rules() == before


def test_an_offer_that_nobody_answers_is_withdrawn_once_and_both_sides_read_it(now: datetime) -> None:
    """A merchant who never answers: nothing waits for ever, the platform is told, and a late press says what happened."""
    found, before = offered(now), rules()
    month = timedelta(days=30)
    assert found.answer_until == now + month
    assert proposals.withdraw_unanswered(now=now + month - timedelta(seconds=1)) == 0
    assert [proposals.withdraw_unanswered(now=now + month) for _time in range(2)] == [1, 0]
    for late in (
        lambda: proposals.accept(proposal=found.public_id, by=ALMA, now=now + month),
        lambda: proposals.decline(proposal=found.public_id, answer="", by=ALMA, now=now + month),
    ):
        with pytest.raises(ProposalLapsed):
            late()
    assert rules() == before
    told = OutboxEvent.objects.get(kind="terms.answered").payload
    assert (told["state"], told["by"]) == ("withdrawn", "Hutong")
    assert offered(now).state == "open", "asked for anew at once"
