"""The merchant's promotions: made, changed within what was used, offered, answered, stopped, exported (M10, V12, A3, A4)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from saas.kernel import clock
from saas.kernel.actors import Actor, OnlyTheMerchant
from storefront.promotions import operations
from storefront.promotions.checks import Draft
from storefront.promotions.models import Promotion
from storefront.promotions.refusals import (
    AnotherPersonNeeded,
    OnlyThePlatform,
    PromotionDecided,
    PromotionInvalid,
    PromotionLapsed,
)
from tests.factories import shop
from tests.factories.promotions import a_promotion

from .making import text_of

TOMAS = Actor(kind="agency", name="Tomas Novak", public_id="t" * 26)
IDA = Actor(kind="agency", name="Ida Holm", public_id="i" * 26)
ALMA = Actor(kind="merchant", name="Alma", public_id="a" * 26)
VISITOR = Actor(kind="agency", name="Tomas Novak", public_id="t" * 26, on_behalf_of="Alma")
State = Promotion.State


def a_draft(**fields: Any) -> Draft:
    """Return 10 % off from now."""
    given = {
        "code": "AUTUMN",
        "name": "Autumn",
        "kind": "percent",
        "rate_bp": 1_000,
        "starts_at": clock.now(),
        **fields,
    }
    return Draft(**given)


def a_form(**fields: Any) -> dict[str, Any]:
    """Return the form as Alma fills it in."""
    return {
        "code": "lunch-10",
        "name": "Lunch",
        "kind": "percent",
        "percent": "10",
        "scope": "order",
        "starts_at": "2026-11-01T00:00",
        "uses_per_shopper": "1",
        **fields,
    }


def test_the_owner_makes_a_code_and_it_runs_at_once(owner: Client, mall: Any) -> None:
    assert "You have no promotions yet" in text_of(owner.get("/manage/promotions/"))
    assert owner.post("/manage/promotions/new/", a_form()).status_code == 302
    made = Promotion.objects.get()
    assert (made.code, made.rate_bp, made.state, made.platform_share_bp) == ("LUNCH-10", 1_000, State.ACTIVE, 0)
    assert made.agreed_by == "Alma"
    words = text_of(owner.get("/manage/promotions/?q=lunch&phase=running"))
    assert all(text in words for text in ("LUNCH-10", "Running", "10 % off", "The merchant"))
    assert "No promotion matches." in text_of(owner.get("/manage/promotions/?phase=over"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"percent": "0"}, "more than 0, at most 100"),
        ({"percent": "101"}, "less than or equal to 100"),
        ({"kind": "amount", "percent": ""}, "Write how much is taken off."),
        ({"code": "a"}, "3 to 24 letters"),
        ({"ends_at": "2026-10-01T00:00"}, "The end must be after the start"),
        ({"scope": "deals"}, "Choose what it is for."),
        ({"uses_total": "0"}, "more than zero"),
        ({"budget": "-3"}, "amount"),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(owner: Client, mall: Any, fields: Any, said: str) -> None:
    answer = owner.post("/manage/promotions/new/", a_form(**fields))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Promotion.objects.exists()


def test_two_promotions_never_share_a_code_while_they_run(owner: Client, mall: Any) -> None:
    a_promotion(now=clock.now(), code="LUNCH-10")
    answer = owner.post("/manage/promotions/new/", a_form())
    assert "Another promotion has this code" in text_of(answer)
    assert Promotion.objects.count() == 1


def test_its_page_shows_uses_budget_and_what_becomes_of_a_price(owner: Client, mall: Any) -> None:
    now = clock.now()
    promotion = a_promotion(now=now, platform_share_bp=5_000, budget_minor=1_000)
    deal = shop.a_deal(now=now)
    order = shop.an_order(deal, now=now, promotion_code="SPRING20")
    words = text_of(owner.get(f"/manage/promotions/{promotion.public_id}/?deal={deal.public_id}&units=1"))
    assert all(text in words for text in (order.number, "48 % of the budget", "$19.20", "The platform adds", "$2.40"))
    assert "The platform 50 %, the merchant the rest" in words
    table = owner.get(f"/manage/promotions/{promotion.public_id}/uses.csv").content.decode()
    assert f"{order.number},Being paid for,4.80,2.40,19.20,USD" in table


def test_an_order_says_who_bore_its_discount(owner: Client, mall: Any) -> None:
    from storefront.checkout import settling

    now = clock.now()
    a_promotion(now=now, platform_share_bp=10_000)
    order = shop.an_order(shop.a_deal(now=now), now=now, promotion_code="SPRING20")
    payment = shop.a_payment(order, now=now)
    settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    words = text_of(owner.get(f"/manage/orders/{order.public_id}/"))
    # $24.00 - 4.80 paid 19.20, the platform adds 4.80, less 3 % of 24.00
    assert all(text in words for text in ("SPRING20", "The platform adds", "$4.80", "$19.20", "$0.72", "$23.28"))


def test_limits_never_drop_below_what_was_used_v12(owner: Client, mall: Any) -> None:
    now = clock.now()
    promotion = a_promotion(now=now)
    deal = shop.a_deal(now=now)
    for name in ("mei", "li"):
        shop.an_order(deal, now=now, promotion_code="SPRING20", email=f"{name}@example.com")
    path = f"/manage/promotions/{promotion.public_id}/change/"
    answer = text_of(owner.post(path, a_form(code="OTHER", uses_total="1", budget="1.00")))
    assert "It was used 2 times already." in answer
    assert "More than this was taken off already." in answer
    assert "The code was used, so it stays." in answer
    assert owner.post(path, a_form(code="SPRING20", percent="5", uses_total="2")).status_code == 302
    promotion.refresh_from_db()
    assert (promotion.rate_bp, promotion.uses_total) == (500, 2)


def test_a_stopped_code_is_over(owner: Client, mall: Any) -> None:
    promotion = a_promotion(now=clock.now())
    path = f"/manage/promotions/{promotion.public_id}/stop/"
    assert "Nobody can use it any more" in text_of(owner.get(path))
    assert owner.post(path).status_code == 302
    promotion.refresh_from_db()
    assert (promotion.state, promotion.closed_by) == (State.STOPPED, "Alma")


def test_the_merchant_alone_never_lets_the_platform_bear_a_part_m10(mall: Any, now: datetime) -> None:
    with pytest.raises(PromotionInvalid):
        operations.create(draft=a_draft(platform_share_bp=5_000, budget_minor=1_000), by=ALMA, now=now)
    with pytest.raises(OnlyThePlatform):
        operations.propose(draft=a_draft(platform_share_bp=5_000, budget_minor=1_000), reason="x", by=ALMA, now=now)
    assert not Promotion.objects.exists()


def test_what_the_agency_makes_for_the_merchant_waits_for_the_merchants_yes_a4(mall: Any, now: datetime) -> None:
    made = operations.create(draft=a_draft(), by=VISITOR, now=now)
    assert made.state == State.PROPOSED
    with pytest.raises(OnlyTheMerchant):
        operations.accept(promotion=made.public_id, by=VISITOR, now=now)
    assert operations.accept(promotion=made.public_id, by=ALMA, now=now).state == State.ACTIVE
    assert operations.change(promotion=made.public_id, draft=a_draft(rate_bp=9_000), by=VISITOR, now=now).state == (
        State.PROPOSED
    )


def test_a_yes_is_for_what_was_read_and_not_for_what_the_agency_made_of_it_meanwhile_a4(
    owner: Client, mall: Any, now: datetime
) -> None:
    made = operations.create(draft=a_draft(), by=VISITOR, now=now)
    path = f"/manage/promotions/{made.public_id}/confirm/"
    read = Promotion.objects.get(pk=made.pk).fingerprint
    assert f'value="{read}"' in owner.get(path).content.decode()
    operations.change(promotion=made.public_id, draft=a_draft(rate_bp=9_000), by=VISITOR, now=now)
    assert "was changed after you opened the page" in text_of(owner.post(path, {"seen": read}, follow=True))
    made.refresh_from_db()
    assert (made.state, made.rate_bp) == (State.PROPOSED, 9_000)
    assert owner.post(path, {"seen": made.fingerprint}).status_code == 302
    made.refresh_from_db()
    assert made.state == State.ACTIVE


def test_a_large_offer_needs_a_second_person_before_the_merchant_a4(mall: Any, now: datetime) -> None:
    draft = a_draft(rate_bp=5_000, platform_share_bp=10_000, budget_minor=100_000)
    made = operations.propose(draft=draft, reason="Your opening week", by=TOMAS, now=now)
    assert made.state == State.SECOND
    with pytest.raises(PromotionDecided):
        operations.accept(promotion=made.public_id, by=ALMA, now=now)
    with pytest.raises(AnotherPersonNeeded):
        operations.second(promotion=made.public_id, by=TOMAS, now=now)
    assert operations.second(promotion=made.public_id, by=IDA, now=now).state == State.PROPOSED
    assert operations.accept(promotion=made.public_id, by=ALMA, now=now).agreed_by == "Alma"


def test_what_is_large_has_a_limit_for_each_currency_a4(mall: Any, now: datetime, settings: Any) -> None:
    settings.PROMOTION_SECOND_PERSON_BY_CURRENCY = {"usd": 100_000}
    draft = a_draft(rate_bp=1_000, platform_share_bp=10_000, budget_minor=100_000)
    assert operations.propose(draft=draft, reason="Your opening week", by=TOMAS, now=now).state == State.PROPOSED


def test_an_offer_is_told_by_mail_and_answered_by_the_owner_alone(
    owner: Client, person: Callable[[str], Client], mall: Any, now: datetime, run_tasks: Callable[[], Any]
) -> None:
    draft = a_draft(platform_share_bp=2_500, budget_minor=1_000, ends_at=clock.now() + timedelta(days=9))
    with run_tasks():
        made = operations.propose(draft=draft, reason="A quiet season.", by=TOMAS, now=now)
    letter = mail.outbox[-1]
    assert letter.to == ["alma@riverside.example"]
    assert all(
        text in str(letter.body) for text in ("10 % off", "The platform 25 %", "A quiet season.", made.public_id)
    )
    path = f"/manage/promotions/{made.public_id}/"
    manager = person("Manager")
    assert "The mall's owner answers it." in text_of(manager.get(path))
    assert manager.post(f"{path}confirm/").status_code == 403
    assert "Commission is taken of the price with it." in text_of(owner.get(f"{path}confirm/"))
    assert owner.post(f"{path}confirm/").status_code == 302
    made.refresh_from_db()
    assert made.state == State.ACTIVE
    assert "agreed with the platform" in text_of(owner.get(f"{path}change/", follow=True))


def test_an_offer_is_declined_with_a_reason(owner: Client, mall: Any, now: datetime) -> None:
    draft = a_draft(platform_share_bp=2_500, budget_minor=1_000)
    made = operations.propose(draft=draft, reason="A quiet season.", by=TOMAS, now=now)
    assert owner.post(f"/manage/promotions/{made.public_id}/decline/", {"answer": "Too much."}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.answer) == (State.DECLINED, "Too much.")


def test_clerks_and_strangers_see_none_of_it(person: Callable[[str], Client], mall: Any) -> None:
    promotion = a_promotion(now=clock.now())
    for role in ("Clerk", "Editor"):
        who = person(role)
        for path in ("", "new/", f"{promotion.public_id}/", f"{promotion.public_id}/uses.csv"):
            assert who.get(f"/manage/promotions/{path}").status_code in (302, 403), (role, path)


def test_an_offer_that_nobody_answers_is_withdrawn_unless_it_was_touched_since(
    mall: Any, now: datetime, django_assert_num_queries: Any
) -> None:
    """A merchant who never answers; and a code that ran for a year before the agency's change of it was to be agreed to."""
    month = timedelta(days=30)
    made = operations.propose(
        draft=a_draft(platform_share_bp=2_500, budget_minor=1_000), reason="A quiet season.", by=TOMAS, now=now
    )
    known = operations.create(draft=a_draft(code="YEARLONG"), by=ALMA, now=now)
    operations.change(
        promotion=known.public_id, draft=a_draft(code="YEARLONG", rate_bp=9_000), by=VISITOR, now=now + month
    )
    assert operations.answer_until(made) == now + month
    assert Promotion.objects.waiting_for_merchant().filter(pk=made.pk).exists() == made.waits_for_merchant
    waiting = list(Promotion.objects.all())
    with django_assert_num_queries(1):
        untils = operations.answers_until(waiting)
    assert untils == {made.public_id: now + month, known.public_id: now + 2 * month}
    assert [operations.withdraw_unanswered(now=now + month) for _time in range(2)] == [1, 0]
    made.refresh_from_db()
    known.refresh_from_db()
    assert (operations.answer_until(made), operations.answer_until(known)) == (None, now + 2 * month)
    assert (made.state, made.closed_by, known.state) == (State.WITHDRAWN, "Hutong", State.PROPOSED)
    with pytest.raises(PromotionLapsed):
        operations.accept(promotion=made.public_id, by=ALMA, now=now + month)
    assert operations.withdraw_unanswered(now=now + 2 * month) == 1
