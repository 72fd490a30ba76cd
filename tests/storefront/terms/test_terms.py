"""Commission terms: which rule wins, and what is refused."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils.translation import override

from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from storefront.terms import operations, queries
from storefront.terms.models import CommissionTerm
from storefront.terms.operations import TermDraft, TermRefused, TermTies
from tests.factories import shop

NOODLES = SimpleNamespace(public_id="d" * 26, kind="prepaid_voucher", category=SimpleNamespace(slug="lunch"))
PLAIN = SimpleNamespace(public_id="p" * 26, kind="prepaid_voucher", category=None)


@pytest.fixture(autouse=True)
def _no_terms(mall: Any) -> None:
    CommissionTerm.objects.all().delete()


def winner(at: datetime, deal: Any = NOODLES) -> str:
    """Return the name of the rule that applies."""
    return queries.winning_term(deal=deal, at=at).name


def test_the_most_specific_rule_wins_m4(now: datetime) -> None:
    scopes = [("mall", ""), ("deal_kind", "prepaid_voucher"), ("category", "lunch"), ("deal", NOODLES.public_id)]
    for scope, scope_id in scopes:
        shop.a_term(now=now, name=scope, scope=scope, scope_id=scope_id)
        assert winner(now) == scope
    assert winner(now, PLAIN) == "deal_kind"


def test_rules_for_other_things_do_not_count(now: datetime) -> None:
    shop.a_term(now=now, name="mall")
    shop.a_term(now=now, name="other", scope="deal", scope_id="x" * 26)
    shop.a_term(now=now, name="dinner", scope="category", scope_id="dinner")
    assert winner(now) == "mall"


def test_an_introductory_rate_ends_at_its_end_and_the_standard_takes_over_m21(now: datetime) -> None:
    end = now + timedelta(days=182)
    shop.a_term(now=now, name="Introductory", ends_at=end)
    shop.a_term(now=end, name="Standard", rate_bp=800)
    assert winner(end - timedelta(microseconds=1)) == "Introductory"
    assert winner(end) == "Standard"


def test_of_two_running_rules_the_one_that_started_last_applies(now: datetime) -> None:
    shop.a_term(now=now - timedelta(days=9), name="old")
    shop.a_term(now=now, name="new")
    assert winner(now - timedelta(seconds=1)) == "old"
    assert winner(now) == "new"


def test_without_a_rule_there_is_no_answer(now: datetime) -> None:
    shop.a_term(now=now, ends_at=now + timedelta(days=1))
    for at in (now - timedelta(seconds=1), now + timedelta(days=1)):
        with pytest.raises(queries.NoTerms):
            winner(at)


def test_the_choice_is_explained_m4(now: datetime) -> None:
    term = shop.a_term(now=now, name="Friends", scope="category", scope_id="lunch", rate_bp=250)
    assert queries.explanation(term) == "Friends: A category lunch, 2.5 %"
    long = shop.a_term(now=now, name="n" * 120, scope="deal", scope_id="d" * 40)
    assert len(queries.explanation(long)) <= 120


def test_adding_a_rule_leaves_the_others_and_a_trail_m7(now: datetime) -> None:
    shop.a_term(now=now, name="old")
    before = list(CommissionTerm.objects.values())
    term = operations.add_term(
        draft=TermDraft("new", 800, now + timedelta(days=1), is_replacing=True), by=SYSTEM, now=now
    )
    assert list(CommissionTerm.objects.exclude(pk=term.pk).values()) == before
    assert AuditEntry.objects.get(subject_id=term.public_id).summary == "new: The whole mall, 8 %"


@pytest.mark.parametrize(
    "fields",
    [
        {"rate_bp": -1},
        {"rate_bp": 10_001},
        {"minimum_minor": -1},
        {"minimum_minor": 500, "maximum_minor": 499},
        {"starts_at": timedelta(seconds=-1)},
        {"ends_at": timedelta(0)},
        {"scope": "galaxy", "scope_id": "x"},
        {"scope": "deal"},
        {"scope": "mall", "scope_id": "x"},
    ],
    ids=str,
)
def test_a_rule_without_meaning_is_refused_m9(now: datetime, fields: dict[str, Any]) -> None:
    fields = {name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    draft = TermDraft(**{"name": "odd", "rate_bp": 800, "starts_at": now, **fields})
    with pytest.raises(TermRefused):
        operations.add_term(draft=draft, by=SYSTEM, now=now)
    assert not CommissionTerm.objects.exists()


def test_a_tie_is_refused_when_it_is_saved_m4(now: datetime) -> None:
    operations.add_term(draft=TermDraft("first", 800, now), by=SYSTEM, now=now)
    with pytest.raises(TermTies):
        operations.add_term(draft=TermDraft("second", 900, now, is_replacing=True), by=SYSTEM, now=now)
    assert list(CommissionTerm.objects.values_list("name", flat=True)) == ["first"]
    assert AuditEntry.objects.filter(action="terms.added").last().summary.startswith("first")  # type: ignore[union-attr]
    operations.add_term(
        draft=TermDraft("other scope", 900, now, scope="category", scope_id="lunch"), by=SYSTEM, now=now
    )


def test_the_explanation_is_in_the_malls_language_whoever_buys(now: datetime) -> None:
    term = shop.a_term(now=now)
    with override("zh-hans"):
        assert queries.explanation(term) == "Introductory: The whole mall, 3 %"
