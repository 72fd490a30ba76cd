"""A second person's yes is for what they read (A4)."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, Bounds
from tenants.entry import approvals
from tenants.entry.approvals import Asking
from tenants.entry.models import Approval
from tenants.isolation.entrance import inside

MEI = Actor(kind="agency", name="Mei", public_id="m" * 26)


def omar() -> Actor:
    bounds = Bounds(frozenset({"refunds.decide"}), (("refund_minor", 2000),))
    return Actor(kind="agency", name="Omar", public_id="o" * 26, on_behalf_of="Riverside", clause="1.1", bounds=bounds)


def ask(amount_minor: int, now: datetime) -> list[Approval]:
    by = omar()
    asking = Asking(Approval.Kind.REFUND, "c" * 26, f"C1: {amount_minor}", amount_minor)
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
