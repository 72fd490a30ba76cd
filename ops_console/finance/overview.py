"""Reads of the overview: sums of the books, what waits for a person, the course of the weeks. On the platform's schema."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import TruncWeek

from billing.gateway.models import StripeEvent
from billing.ledger.models import Account, Correction, TaxPayment, Transfer
from billing.payouts import queries as payouts
from billing.reconciliation.models import Break, Check
from billing.settlements.models import Part, Settlement, SettlementRun
from billing.settlements.preview import WAITING
from ops_console.disputes import queries as disputes
from ops_console.refunds import queries as refunds
from saas.kernel import money

from . import queries

WEEKS = 12
Kind = Account.Kind
# The transfers that the weeks are made of: series and sign, by the transfer's kind.
SERIES = {
    "order_paid": ("paid", 1),
    "voucher_redeemed": ("earned", 1),
    "voucher_redeemed_reversed": ("earned", -1),
    "discount_borne": ("earned", 1),
    "discount_borne_reversed": ("earned", -1),
    "payout_paid": ("paid_out", 1),
    "payout_paid_reversed": ("paid_out", -1),
}


@dataclass(frozen=True)
class Needs:
    """What waits for a person: how many, and the oldest where age matters."""

    runs: int
    seconds: int
    refused: int
    waiting: int
    breaks: int
    unowned: int
    oldest_break_at: datetime | None
    events: int
    payouts: int
    stopped: int
    disputes: int
    soon: int
    refunds: int
    corrections: int
    taxes: int

    @property
    def is_nothing(self) -> bool:
        """Tell whether nobody is needed."""
        money = (self.runs, self.seconds, self.refused, self.waiting, self.payouts, self.stopped, self.disputes)
        return not any((*money, self.breaks, self.events, self.refunds, self.corrections, self.taxes))


@dataclass(frozen=True)
class Held:
    """The sum of all accounts of a kind in a currency, on its normal side, minor units; `malls` of them are not zero."""

    kind: str
    currency: str
    balance_minor: int
    malls: int

    @property
    def is_debit(self) -> bool:
        """Tell whether it stands on the debit side."""
        return self.kind in Account.DEBIT_NORMAL


@dataclass
class Weeks:
    """Twelve weeks of a currency, oldest first, in minor units."""

    currency: str
    mondays: list[date]
    paid: list[int] = field(default_factory=list)
    earned: list[int] = field(default_factory=list)
    paid_out: list[int] = field(default_factory=list)

    @property
    def divisor(self) -> int:
        """What minor units are divided by on the axis."""
        return int(10 ** money.digits(self.currency))


@dataclass(frozen=True)
class Health:
    """Whether the books agree with themselves: each currency's debit less credit, and what the newest complete comparison said."""

    differences: dict[str, int]
    checked: Check | None
    wrong_rows: int

    @property
    def is_balanced(self) -> bool:
        """Tell whether nothing is known to be wrong."""
        return not any(self.differences.values()) and not self.wrong_rows


def needs(*, now: datetime) -> Needs:
    """Return what waits for a person in finance."""
    runs = dict(SettlementRun.objects.values_list("state").annotate(count=Count("pk")).order_by())
    breaks = Break.objects.filter(state=Break.State.OPEN).aggregate(
        count=Count("pk"), unowned=Count("pk", filter=Q(owner_id="")), oldest=Min("found_at")
    )
    open_disputes, soon = disputes.waiting(at=now)
    troubled = (StripeEvent.State.FAILED, StripeEvent.State.QUARANTINED)
    return Needs(
        runs=runs.get(SettlementRun.State.PROPOSED, 0),
        seconds=runs.get(SettlementRun.State.SECOND, 0),
        refused=Settlement.objects.filter(state=Settlement.State.REFUSED).count(),
        waiting=Settlement.objects.filter(pk__in=Part.objects.filter(WAITING).values("settlement")).count(),
        breaks=breaks["count"],
        unowned=breaks["unowned"],
        oldest_break_at=breaks["oldest"],
        events=StripeEvent.objects.filter(state__in=troubled).count(),
        payouts=queries.troubled_payouts(),
        stopped=len(payouts.stopped_schemas()),
        disputes=open_disputes,
        soon=soon,
        refunds=refunds.waiting(),
        corrections=Correction.objects.filter(state=Correction.State.WAITING).count(),
        taxes=TaxPayment.objects.filter(state=TaxPayment.State.WAITING).count(),
    )


def held() -> list[Held]:
    """Return what stands in the accounts, by kind and currency, in the order of `Account.Kind`; kinds of zero are left out."""
    rows = Account.objects.values("kind", "currency").annotate(
        total=Sum("balance_minor"), malls=Count("pk", filter=~Q(balance_minor=0))
    )
    order = {str(kind): number for number, kind in enumerate(Kind.values)}
    found = [Held(row["kind"], row["currency"], row["total"], row["malls"]) for row in rows.order_by() if row["malls"]]
    return sorted(found, key=lambda one: (one.currency, order.get(one.kind, len(order))))


def health() -> Health:
    """Return whether the books agree with themselves."""
    differences: defaultdict[str, int] = defaultdict(int)
    for one in held():
        differences[one.currency] += one.balance_minor if one.is_debit else -one.balance_minor
    checked = Check.objects.filter(is_complete=True, ended_at__isnull=False).first()
    wrong = Break.objects.filter(state=Break.State.OPEN, kind="balance_row_differs").count()
    return Health(dict(differences), checked, wrong)


def weeks(*, now: datetime) -> list[Weeks]:
    """Return the last twelve weeks of each currency in which anything happened, the current week included; weeks begin on Monday, UTC."""
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))
    mondays = [first + timedelta(weeks=number) for number in range(WEEKS)]
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    rows = Transfer.objects.filter(booked_at__gte=since, kind__in=SERIES)
    grouped = rows.annotate(week=TruncWeek("booked_at", tzinfo=UTC)).values_list("currency", "kind", "week")
    sums: defaultdict[tuple[str, str, date], int] = defaultdict(int)
    for currency, kind, week, total in grouped.annotate(total=Sum("amount_minor")).order_by():
        series, sign = SERIES[kind]
        sums[currency, series, week.date()] += sign * total
    return [
        Weeks(
            currency,
            mondays,
            *[[sums[currency, name, day] for day in mondays] for name in ("paid", "earned", "paid_out")],
        )
        for currency in sorted({currency for currency, _series, _week in sums})
    ]
