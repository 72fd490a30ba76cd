"""A second yes that two people use or answer at once: it is used once, and answered once (A4)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, Bounds
from storefront.checkout import settling
from storefront.refunds import limits
from storefront.refunds import operations as refunds
from storefront.vouchers.models import Voucher
from tenants.entry import approvals
from tenants.entry.approvals import Asking
from tenants.entry.models import Approval
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories import shop
from tests.factories.races import Pause, together

WISH = Asking(Approval.Kind.REFUND, "o" * 26, "C1: $30.00", 3000)
TIMES = 6


def omar() -> Actor:
    bounds = Bounds(frozenset({"refunds.decide"}), (("refund_minor", 2000),))
    return Actor(kind="agency", name="Omar", public_id="o" * 26, on_behalf_of="Riverside", clause="1.1", bounds=bounds)


def use(now: datetime) -> str:
    with transaction.atomic():
        approvals.refuse_above(WISH, by=omar(), now=now)
    return "passed"


def asked(now: datetime) -> str:
    """Ask for a second person, and return the wish."""
    by = omar()
    with pytest.raises(approvals.SecondPersonNeeded), transaction.atomic():
        approvals.refuse_above(WISH, by=by, now=now)
    return approvals.note_asked(by=by, now=now)[0].public_id


@pytest.mark.parametrize("with_lock", [True, False])
def test_a_yes_is_used_once_however_many_press_at_once_and_without_the_lock_it_is_not_a4(
    committed: None, now: datetime, monkeypatch: pytest.MonkeyPatch, with_lock: bool
) -> None:
    """With its negative control: without the lock one yes lets several through."""
    tenant: Any = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        wish = asked(now)
        mei = Actor(kind="agency", name="Mei", public_id="m" * 26)
        approvals.decide(approval=wish, accept=True, by=mei, now=now)
    if not with_lock:
        monkeypatch.setattr(approvals, "locked", Pause(TIMES).locked)
    passed = together([lambda: use(now)] * TIMES, schema=tenant.schema_name).count("passed")
    assert (passed == 1) if with_lock else (passed > 1)


def test_a_yes_and_a_no_at_once_are_one_answer_a4(committed: None, now: datetime) -> None:
    tenant: Any = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        wish = asked(now)
    people = [Actor(kind="agency", name=f"P{number}", public_id=str(number) * 26) for number in range(TIMES)]

    def answer(number: int) -> Any:
        return lambda: approvals.decide(approval=wish, accept=number % 2 == 0, by=people[number], now=now).decided_by

    found = together([answer(number) for number in range(TIMES)], schema=tenant.schema_name)
    with inside(tenant):
        row = Approval.objects.get()
        told = AuditEntry.objects.filter(action__in=["approval.approved", "approval.declined"]).count()
    assert told == 1
    assert {one for one in found if isinstance(one, str)} == {row.decided_by}
    assert sum(isinstance(one, approvals.ApprovalDecided) for one in found) == TIMES // 2


@pytest.mark.parametrize("with_lock", [True, False])
def test_vouchers_of_one_order_given_back_at_once_are_counted_together_a4(
    committed: None, now: datetime, monkeypatch: pytest.MonkeyPatch, with_lock: bool
) -> None:
    """Four times $9.00 under a limit of $20.00: two go back. With its negative control: without the order's lock all four do."""
    tenant: Any = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        order = shop.an_order(shop.a_deal(now=now, price_minor=900), now=now, units=4)
        payment = shop.a_payment(order, now=now)
        settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
        vouchers = list(Voucher.objects.filter(line__order=order).values_list("public_id", flat=True))
    if not with_lock:
        pause, held = Pause(len(vouchers)), approvals.refuse_above

        def met(asking: Asking, *, by: Actor, now: datetime) -> None:
            held(asking, by=by, now=now)
            pause.meet()

        monkeypatch.setattr(limits, "hold_order", lambda *_args, **_options: None)
        monkeypatch.setattr(approvals, "refuse_above", met)

    def give_back(voucher: str) -> Any:
        return lambda: refunds.request(voucher_public_id=voucher, reason="cold soup", by=omar(), now=now)

    found = together([give_back(one) for one in vouchers], schema=tenant.schema_name)
    refused = sum(isinstance(one, approvals.SecondPersonNeeded) for one in found)
    assert len(found) == 4
    assert (refused == 2) if with_lock else (refused < 2)


@pytest.mark.parametrize("with_lock", [True, False])
def test_refunds_of_several_orders_at_once_are_counted_together_against_the_day_a4(
    committed: None, now: datetime, monkeypatch: pytest.MonkeyPatch, with_lock: bool
) -> None:
    """One of $9.00, then four at once, under $28.00 a day: two of these go back. With its negative control: unlocked, more do."""
    tenant: Any = Tenant.objects.get(slug="riverside")
    bounds = Bounds(frozenset({"refunds.decide"}), (("refund_minor", 2000), ("refund_day_minor", 2800)))

    def give_back(voucher: str) -> Any:
        by = replace(omar(), bounds=bounds)
        return lambda: refunds.request(voucher_public_id=voucher, reason="cold soup", by=by, now=now)

    with inside(tenant):
        deal = shop.a_deal(now=now, price_minor=900)
        for _order in range(5):
            payment = shop.a_payment(shop.an_order(deal, now=now), now=now)
            settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
        first, *vouchers = Voucher.objects.order_by("pk").values_list("public_id", flat=True)
    together([give_back(first)], schema=tenant.schema_name)
    if not with_lock:
        pause, counted_on = Pause(len(vouchers)), limits._counted_on
        monkeypatch.setattr(approvals, "alone", lambda name: None)
        monkeypatch.setattr(limits, "_counted_on", lambda day: [counted_on(day), pause.meet()][0])
    found = together([give_back(one) for one in vouchers], schema=tenant.schema_name)
    refused = sum(isinstance(one, approvals.SecondPersonNeeded) for one in found)
    assert len(found) == 4
    assert (refused == 2) if with_lock else (refused < 2)
