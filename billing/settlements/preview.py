"""What a person sees of a run before and while it is sent: sums by currency, what is left out and why, how far it is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils.translation import gettext_lazy as _

from billing.gateway.models import ConnectedAccount
from billing.payouts import queries as payouts
from billing.payouts.models import PayoutTerms
from saas.kernel.money import limit_minor

from .earnings import undisputed
from .models import Earning, Part, Settlement, SettlementRun

WHY = {
    "hold": _("Waits for the end of the hold"),
    "not_due": _("Not its day, by the merchant’s schedule"),
    "stopped": _("Payouts are stopped"),
    "disputed": _("A shopper’s bank is looking into the payment"),
    "no_account": _("The merchant has not connected an account at Stripe"),
    "disconnected": _("The merchant has disconnected the account at Stripe"),
    "account_wants": _("Stripe wants something from the merchant first"),
    "later": _("Became available after this proposal was made"),
}


# Parts that the platform bears and its own balance at Stripe does not hold yet.
WAITING = Q(state=Part.State.PLANNED, tried_at__isnull=True, waits_since__isnull=False)


@dataclass(frozen=True)
class RunSums:
    """A run in one currency, minor units: earned, of it kept for what is owed, sent; and in how many settlements and redemptions."""

    currency: str
    earned_minor: int
    netted_minor: int
    malls_count: int
    lines_count: int

    @property
    def total_minor(self) -> int:
        """What is sent."""
        return self.earned_minor - self.netted_minor


@dataclass(frozen=True)
class HeldBack:
    """
    A merchant's money that a run does not send: `why` is a key of `WHY`, `detail` what was said of it.

    `until`: the first day on which it changes by itself, None when a person has to do something.
    """

    tenant_schema: str
    currency: str
    amount_minor: int
    why: str
    detail: str = ""
    until: date | None = None

    @property
    def words(self) -> str:
        """The reason for people."""
        return str(WHY[self.why])


@dataclass(frozen=True)
class Progress:
    """
    How far a run is: transfers asked for in all, made, refused by Stripe, asked for without a clear answer so far, and those that wait
    for the platform's own balance.
    """

    parts: int
    sent: int
    refused: int
    unknown: int
    waiting: int
    settlements_open: int


def sums_of(runs: Iterable[SettlementRun]) -> dict[int, list[RunSums]]:
    """Return each run's sums by currency, by the run's key; a run without settlements has none."""
    rows = (
        Settlement.objects.filter(run__in=list(runs))
        .values("run_id", "currency")
        .annotate(earned=Sum("earned_minor"), netted=Sum("netted_minor"), malls=Count("pk"), lines=Sum("lines_count"))
        .order_by("run_id", "currency")
    )
    found: defaultdict[int, list[RunSums]] = defaultdict(list)
    for row in rows:
        sums = RunSums(row["currency"], row["earned"], row["netted"], row["malls"], row["lines"])
        found[row["run_id"]].append(sums)
    return dict(found)


def needs_second(run: SettlementRun) -> bool:
    """
    Tell whether one person's approval does not do (A4): what is sent in some currency is above that currency's limit. Amounts of two
    currencies are never added.
    """
    default, named = settings.SETTLEMENT_SECOND_PERSON_MINOR, settings.SETTLEMENT_SECOND_PERSON_BY_CURRENCY
    return any(one.total_minor > limit_minor(default, named, one.currency) for one in sums_of([run]).get(run.pk, []))


def seen_minor(run: SettlementRun) -> int:
    """Return what `operations.approve` compares: the sum over all settlements. Over several currencies it is no amount, but a check."""
    found = run.settlements.aggregate(total=Sum(F("earned_minor") - F("netted_minor")))["total"]
    return int(found or 0)


def progress(run: SettlementRun) -> Progress:
    """Return how far a run is."""
    parts = Part.objects.filter(settlement__run=run).aggregate(
        parts=Count("pk"),
        sent=Count("pk", filter=Q(state=Part.State.SENT)),
        refused=Count("pk", filter=Q(state=Part.State.REFUSED)),
        unknown=Count("pk", filter=Q(state=Part.State.PLANNED, tried_at__isnull=False)),
        waiting=Count("pk", filter=WAITING),
    )
    is_open = Q(state__in=[Settlement.State.PROPOSED, Settlement.State.SENDING])
    return Progress(**parts, settlements_open=run.settlements.filter(is_open).count())


def held_back(*, run: SettlementRun | None, day: date) -> list[HeldBack]:
    """
    Return what merchants have earned and a run of `day` does not send, the largest first: in the hold, or available and left out.

    Amounts are as the rows are now; a run that was sent already is asked with None.
    """
    inside = set(run.settlements.values_list("tenant_schema", "currency")) if run else set()
    rows = [row for row in _available() if (row["tenant_schema"], row["currency"]) not in inside]
    schemas = {str(row["tenant_schema"]) for row in rows}
    terms = payouts.terms_by_schema(schemas)
    accounts = {row.tenant_schema: row for row in ConnectedAccount.objects.filter(tenant_schema__in=schemas)}
    settled = settled_days(list(schemas))
    found = _waiting() + _disputed()
    for row in rows:
        schema = row["tenant_schema"]
        why, detail, until = _reason(terms[schema], accounts.get(schema), settled.get(schema), day)
        found.append(HeldBack(schema, row["currency"], row["total"], why, detail, until))
    return sorted(found, key=lambda one: (-one.amount_minor, one.tenant_schema))


def _reason(
    terms: PayoutTerms, account: ConnectedAccount | None, settled: date | None, day: date
) -> tuple[str, str, date | None]:
    """Return why a mall's available money is in no settlement of a day, what was said of it, and until when."""
    if terms.stopped_at is not None:
        return "stopped", f"{terms.stopped_reason} ({terms.stopped_by})", None
    if account is None:
        return "no_account", "", None
    if account.disconnected_at is not None:
        return "disconnected", "", None
    if not account.can_receive:
        wanted = ", ".join(str(name) for name in account.currently_due)
        return "account_wants", (wanted or account.disabled_reason)[:200], None
    if not terms.is_due(settled, day):
        return "not_due", str(terms.get_schedule_display()), terms.next_due(day)
    return "later", "", day + timedelta(days=1)


def _waiting() -> list[HeldBack]:
    rows = undisputed().filter(state=Earning.State.PENDING).values("tenant_schema", "currency")
    summed = rows.annotate(total=Sum("net_minor"), first=Min("releases_at")).filter(total__gt=0)
    return [
        HeldBack(row["tenant_schema"], row["currency"], row["total"], "hold", until=row["first"].date())
        for row in summed.order_by("tenant_schema")
    ]


def _disputed() -> list[HeldBack]:
    rows = Earning.objects.filter(
        state__in=[Earning.State.PENDING, Earning.State.RELEASED], charge__disputed_at__isnull=False
    )
    summed = rows.values("tenant_schema", "currency").annotate(total=Sum("net_minor")).filter(total__gt=0)
    return [
        HeldBack(row["tenant_schema"], row["currency"], row["total"], "disputed")
        for row in summed.order_by("tenant_schema")
    ]


def _available() -> list[dict[str, Any]]:
    rows = undisputed().filter(state=Earning.State.RELEASED).values("tenant_schema", "currency")
    return list(rows.annotate(total=Sum("net_minor")).filter(total__gt=0).order_by("tenant_schema"))


def settled_days(schemas: list[str]) -> dict[str, date]:
    """Return the newest day on which each of some malls was settled; one that never was, or of which nothing was claimed, is left out."""
    rows = Settlement.objects.filter(tenant_schema__in=schemas).exclude(state=Settlement.State.PROPOSED)
    rows = rows.exclude(state=Settlement.State.EMPTY, lines_count=0)
    return dict(rows.values_list("tenant_schema").annotate(day=Max("run__day")).order_by())
