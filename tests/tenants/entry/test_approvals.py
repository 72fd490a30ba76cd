"""A second person's yes is for what they read (A4)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, Bounds
from storefront.checkout import settling
from storefront.refunds import operations as refunds
from storefront.refunds.models import Refund
from storefront.refunds.refusals import MoreThanAgreed
from storefront.vouchers.models import Voucher
from tenants.entry import approvals
from tenants.entry.approvals import Asking
from tenants.entry.models import Approval
from tenants.isolation.entrance import inside
from tests.factories import shop

MEI = Actor(kind="agency", name="Mei", public_id="m" * 26)


def omar() -> Actor:
    bounds = Bounds(frozenset({"refunds.decide"}), (("refund_minor", 2000),))
    return Actor(kind="agency", name="Omar", public_id="o" * 26, on_behalf_of="Riverside", clause="1.1", bounds=bounds)


def ask(amount_minor: int, now: datetime, **act: Any) -> list[Approval]:
    by = omar()
    asking = Asking(Approval.Kind.REFUND, "c" * 26, f"C1: {amount_minor}", amount_minor, act)
    with pytest.raises(approvals.SecondPersonNeeded), transaction.atomic():
        approvals.refuse_above(asking, by=by, now=now)
    return approvals.note_asked(by=by, now=now)


def test_who_asks_for_more_asks_anew_and_the_yes_to_the_smaller_sum_opens_nothing_a4(
    riverside: Any, now: datetime
) -> None:
    """Else somebody reads 30.00 and says yes to 900.00 that the asker has put in its place in between."""
    with inside(riverside):
        read = ask(3000, now)[0]
        assert ask(2500, now) == [], "less than what waits already is in it"
        dearer = ask(90_000, now)[0]
        with pytest.raises(approvals.ApprovalDecided):
            approvals.decide(approval=read.public_id, accept=True, by=MEI, now=now)
        rows = list(Approval.objects.order_by("pk").values_list("public_id", "state", "amount", "label"))
        assert rows == [
            (read.public_id, "declined", 3000, "C1: 3000"),
            (dearer.public_id, "open", 90_000, "C1: 90000"),
        ]
        assert AuditEntry.objects.filter(action="approval.replaced", subject_id=read.public_id).count() == 1


def test_who_asks_for_something_else_asks_anew_also_for_less_a4(riverside: Any, now: datetime) -> None:
    """A cut of 50 % by a slip, then the 40 % that were meant: the second was dropped, and nobody could say yes to it."""
    with inside(riverside):
        slip = ask(5000, now, price=50)[0]
        assert ask(5000, now, price=50) == [], "the same waits already"
        meant = ask(4000, now, price=60)[0]
        slip.refresh_from_db()
        assert (slip.state, meant.state, meant.act) == ("declined", "open", {"price": 60})


def test_two_vouchers_of_one_order_wait_each_for_a_yes_of_its_own_and_the_order_s_sum_binds_a4(
    riverside: Any, now: datetime
) -> None:
    with inside(riverside):
        order = shop.an_order(shop.a_deal(now=now, price_minor=8000), now=now, units=2)
        payment = shop.a_payment(order, now=now)
        settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
        vouchers = [one.public_id for one in Voucher.objects.filter(line__order=order)]

        def wish(voucher: str) -> list[Approval]:
            by = omar()
            with pytest.raises(approvals.SecondPersonNeeded):
                refunds.request(voucher_public_id=voucher, reason="cold soup", by=by, now=now)
            return approvals.note_asked(by=by, now=now)

        first, second = [wish(one)[0] for one in vouchers]
        assert wish(vouchers[0]) == [], "the same waits already"
        assert len({first.label, second.label}) == 2, "who reads them tells them apart"
        approvals.decide(approval=first.public_id, accept=True, by=MEI, now=now)
        with pytest.raises(MoreThanAgreed):
            approvals.decide(approval=second.public_id, accept=True, by=MEI, now=now)
        assert list(Refund.objects.values_list("voucher__public_id", flat=True)) == vouchers[:1]
        both = wish(vouchers[1])[0]
        assert both.amount == 16000
        approvals.decide(approval=both.public_id, accept=True, by=MEI, now=now)
        assert Refund.objects.count() == 2
        second.refresh_from_db()
        assert second.state == "declined", "replaced by what was asked for with the whole sum"


def test_refunds_each_below_the_limit_wait_for_a_second_person_when_the_day_is_used_up_a4(
    riverside: Any, now: datetime
) -> None:
    """Many just below the limit are a large one. The day is the mall's, the agency's people share it, and a yes uses none of it."""
    day = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("America/Los_Angeles"))

    def give_back(
        who: str, at: datetime, *, more: tuple[tuple[str, int], ...] = (("refund_day_minor", 4000),)
    ) -> Actor | None:
        order = shop.an_order(deal, now=now)
        payment = shop.a_payment(order, now=now)
        settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
        by = replace(omar(), public_id=who * 26)
        by = replace(by, bounds=Bounds(frozenset({"refunds.decide"}), (("refund_minor", 2000), *more)))
        voucher = Voucher.objects.get(line__order=order)
        try:
            refunds.request(voucher_public_id=voucher.public_id, reason="cold soup", by=by, now=at)
        except approvals.SecondPersonNeeded:
            return by
        return None

    with inside(riverside):
        deal = shop.a_deal(now=now, price_minor=1900)
        assert [give_back(who, day) for who in "op"] == [None, None]
        asker = give_back("o", day)
        assert asker, "a third would be 57.00 of 40.00"
        assert give_back("o", day, more=()) is None, "a mandate from before has no limit of the day"
        wish = approvals.note_asked(by=asker, now=day)[0]
        assert wish.sentence.endswith("$19.00. cold soup (today $38.00 went back already, of $40.00 a day)")
        approvals.decide(approval=wish.public_id, accept=True, by=MEI, now=day)
        assert give_back("o", day.replace(hour=23, minute=59)), "still the same day there"
        assert give_back("o", day + timedelta(hours=12)) is None
        counted = Refund.objects.order_by("pk").values_list("counts_on", flat=True)
        assert [on and on.day for on in counted] == [20, 20, None, None, 21]
