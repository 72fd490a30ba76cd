"""What this mall's own rows say of money, for the comparison with the books. Runs inside the mall."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum

from billing.reconciliation.facts import Fact, MallFacts
from storefront.payments.models import Payment

from .models import Redemption, Voucher

State = Voucher.State


def money_facts(*, since: datetime) -> MallFacts:
    """Return the mall's money facts that happened at `since` or later, and the sum of its vouchers that are still owed."""
    owed = Voucher.objects.filter(
        ~Exists(_use()), state__in=[State.ISSUED, State.REFUND_PENDING], lapsed_at__isnull=True
    )
    return MallFacts(
        # What comes to nothing, such as a free voucher's use, has no journal.
        facts=tuple(fact for fact in _all(since) if fact.amount_minor),
        open_minor=int(owed.aggregate(total=Sum("price_minor"))["total"] or 0),
    )


def _all(since: datetime) -> list[Fact]:
    return [*_paid(since), *_redeemed(since), *_undone(since), *_refunded(since), *_lapsed(since)]


def _paid(since: datetime) -> list[Fact]:
    rows = Payment.objects.filter(state=Payment.State.PAID, settled_at__gte=since)
    return [
        Fact(f"paid:{row.reference}", "order_paid", row.amount_minor, row.currency, row.settled_at)
        for row in rows
        if row.settled_at
    ]


def _redeemed(since: datetime) -> list[Fact]:
    rows = Redemption.objects.select_related("voucher").filter(redeemed_at__gte=since)
    return [
        Fact(
            f"redeemed:{row.public_id}",
            "voucher_redeemed",
            row.voucher.worth_minor,
            row.voucher.currency,
            row.redeemed_at,
        )
        for row in rows
    ]


def _undone(since: datetime) -> list[Fact]:
    rows = Redemption.objects.select_related("voucher").filter(undone_at__gte=since)
    return [
        Fact(
            f"undone:{row.public_id}", "redemption_undone", row.voucher.worth_minor, row.voucher.currency, row.undone_at
        )
        for row in rows
        if row.undone_at
    ]


def _refunded(since: datetime) -> list[Fact]:
    """Return what went back: of an unused voucher under its own id, of a used one under its redemption's (X5)."""
    rows = Voucher.objects.filter(state=State.REFUNDED, refunded_at__gte=since)
    return [_refund(row) for row in rows.annotate(used=Subquery(_use().values("public_id")[:1]))]


def _refund(row: Voucher) -> Fact:
    used: str | None = row.used  # type: ignore[attr-defined]
    kind, key = ("redemption_refunded", used) if used else ("voucher_refunded", row.public_id)
    name = "redemption_refunded" if used else "refunded"
    at = row.refunded_at or row.issued_at
    # Of a used one the platform's part of a discount goes back to the platform in the same journal.
    amount_minor = row.worth_minor if used else row.price_minor
    return Fact(f"{name}:{key}:{row.refund_reference}", kind, amount_minor, row.currency, at)


def _use() -> "QuerySet[Redemption]":
    """Return the standing use of the voucher that a query is about."""
    return Redemption.objects.filter(voucher=OuterRef("pk"), undone_at__isnull=True)


def _lapsed(since: datetime) -> list[Fact]:
    rows = Voucher.objects.filter(lapsed_at__gte=since)
    return [
        Fact(f"lapsed:{row.public_id}", "voucher_lapsed", row.price_minor, row.currency, row.lapsed_at)
        for row in rows
        if row.lapsed_at
    ]
