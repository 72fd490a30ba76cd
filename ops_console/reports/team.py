"""The manager's figures: load of each person, lateness, margin of each contract, accounts at risk. On the platform; enters no mall."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Min, Q, Sum, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.packages.models import Price, Subscription
from ops_console.contracts.models import Contract, ContractVersion
from ops_console.mandates import roles
from ops_console.mandates.models import Mandate
from ops_console.work import cadence
from ops_console.work import queries as work
from ops_console.work.models import Absence, Task
from saas.accounts.models import User
from tenants.registry.models import Tenant

from .models import CreditLine, Report

WEEK, MONTH, FOUR_WEEKS = timedelta(days=7), timedelta(days=30), timedelta(days=28)
RUNNING = (Contract.State.SIGNED, Contract.State.ACTIVE, Contract.State.ENDING)
DONE = Q(state=Task.State.DONE)
LATE = DONE & Q(done_at__gt=F("due_at"))
# When an account is at risk: missed tasks and late shares of four weeks, days without an answer, unread weeks, fall of orders.
MISSED_TASKS, LATE_PERCENT, LEAST_DONE, SILENT_DAYS, UNREAD_WEEKS, FALL_PERCENT = 2, 20, 10, 7, 2, 30


@dataclass(frozen=True)
class Person:
    """One person's week ahead in minutes, and the four weeks behind in tasks."""

    name: str
    roles: str
    planned: int
    capacity: int
    tasks: int
    overdue: int
    done: int
    late: int
    missed: int
    away: str

    @property
    def percent(self) -> int:
        """How much of the capacity is planned; 100 and more where there is none."""
        return self.planned * 100 // self.capacity if self.capacity else 100 * bool(self.planned)

    @property
    def state(self) -> str:
        """Too much, full, or room: a badge's kind."""
        return "danger" if self.percent > 100 else "warning" if self.percent > 85 else ""


@dataclass(frozen=True)
class Margin:
    """
    What a contract brings and costs in the last 30 days, minor units; `cost_minor` None where no hour's cost is known in the currency.
    `fee_minor` is a month's; one that has run for fewer `days` brings those only, so that it is measured by the hours of the same time.
    """

    contract: str
    number: str
    title: str
    mall: str
    mall_public_id: str
    currency: str
    days: int
    fee_minor: int
    credited_minor: int
    minutes: int
    cost_minor: int | None

    @property
    def earned_minor(self) -> int:
        """The fee of the days, rounded down."""
        return self.fee_minor * self.days // MONTH.days

    @property
    def margin_minor(self) -> int | None:
        """What is left of the fee of the days after credits and hours."""
        return None if self.cost_minor is None else self.earned_minor - self.credited_minor - self.cost_minor

    @property
    def percent(self) -> int | None:
        """The margin as a share of the fee, rounded down; None before the contract has run for 30 days: its start is no measure."""
        if self.margin_minor is None or not self.earned_minor or self.days < MONTH.days:
            return None
        return self.margin_minor * 100 // self.earned_minor


@dataclass(frozen=True)
class Risk:
    """An account that may be lost, with all reasons."""

    tenant: Tenant
    manager: str
    reasons: list[str] = field(default_factory=list)


def load(*, now: datetime) -> list[Person]:
    """Return the agency's people, the fullest first. Four queries whatever their number is."""
    people = list(User.objects.filter(pk__in=[one.pk for one in work.people()]).prefetch_related("groups"))
    standing = Task.objects.filter(state__in=Task.STANDING, opens_at__lt=now + WEEK).order_by().values_list("assignee")
    ahead = {
        pk: (minutes or 0, count, overdue)
        for pk, minutes, count, overdue in standing.annotate(
            minutes=Sum("minutes_planned"), n=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now))
        )
    }
    behind = _behind("assignee", now=now)
    away = _away(now.date())
    found = [
        _person(one, ahead.get(one.pk, (0, 0, 0)), behind.get(one.pk, (0, 0, 0)), away.get(one.pk)) for one in people
    ]
    return sorted(found, key=lambda one: (-one.percent, one.name))


def _behind(key: str, *, now: datetime) -> dict[Any, tuple[int, int, int]]:
    """Return tasks done, done late and missed in the last four weeks, by `key`."""
    rows = Task.objects.filter(closed_at__gte=now - FOUR_WEEKS, closed_at__lte=now).order_by().values_list(key)
    counted = rows.annotate(
        done=Count("pk", filter=DONE),
        late=Count("pk", filter=LATE),
        missed=Count("pk", filter=Q(state=Task.State.MISSED)),
    )
    return {pk: (done, late, missed) for pk, done, late, missed in counted}


def _away(today: date) -> dict[int, tuple[int, str]]:
    """Return for how many of the next seven days each person is away, and until when in words."""
    found: dict[int, tuple[int, str]] = {}
    coming = Q(ends_on=None) | Q(ends_on__gt=today)
    for one in Absence.objects.filter(coming, starts_on__lt=today + WEEK):
        until = one.ends_on or today + WEEK
        days = max((min(until, today + WEEK) - max(one.starts_on, today)).days, 0)
        words = _("away until %(day)s") % {"day": one.ends_on} if one.ends_on else _("has left")
        found[one.person_id] = min(7, found.get(one.person_id, (0, ""))[0] + days), words
    return found


def _person(
    one: User, ahead: tuple[int, int, int], behind: tuple[int, int, int], away: tuple[int, str] | None
) -> Person:
    days, words = away or (0, "")
    return Person(
        name=one.get_full_name(),
        roles=roles.words(sorted(group.name for group in one.groups.all())),
        planned=ahead[0],
        capacity=round(settings.AGENCY_WEEK_HOURS * 60 * (7 - days) / 7),
        tasks=ahead[1],
        overdue=ahead[2],
        done=behind[0],
        late=behind[1],
        missed=behind[2],
        away=words,
    )


def margins(*, now: datetime) -> list[Margin]:
    """Return the running contracts with what they bring and cost in 30 days, the worst first."""
    contracts = list(_running())
    keys = [one.public_id for one in contracts]
    done = Task.objects.filter(contract__in=keys, done_at__gte=now - MONTH, done_at__lte=now).order_by()
    minutes = dict(done.values_list("contract").annotate(n=Sum("minutes_spent")))
    given = CreditLine.objects.filter(contract__in=keys, made_at__gte=now - MONTH).order_by()
    credited = dict(given.values_list("contract").annotate(n=Sum("amount_minor")))
    found = [
        _margin(one, minutes.get(one.public_id) or 0, credited.get(one.public_id, 0), now=now) for one in contracts
    ]
    return sorted(found, key=lambda one: (one.percent is None, one.percent or 0, one.mall))


def _running() -> Iterable[Contract]:
    rows = Contract.objects.filter(state__in=RUNNING).select_related("tenant", "account_manager")
    return rows.prefetch_related("versions").order_by("tenant__name", "pk")


def _margin(contract: Contract, minutes: int, credited_minor: int, *, now: datetime) -> Margin:
    hour_minor = settings.AGENCY_HOUR_COST.get(contract.currency)
    today = cadence.today(contract.tenant.time_zone, now=now)
    days = min(MONTH.days, max(0, (today - contract.starts_on).days + 1))
    return Margin(
        contract=contract.public_id,
        number=contract.number,
        title=contract.title,
        mall=contract.tenant.name,
        mall_public_id=contract.tenant.public_id,
        currency=contract.currency,
        days=days,
        fee_minor=_fee(contract, today),
        credited_minor=credited_minor,
        minutes=minutes,
        cost_minor=None if hour_minor is None else (minutes * hour_minor + 30) // 60,
    )


def _fee(contract: Contract, today: date) -> int:
    """Return the monthly price that holds today, or will at its start, the introductory one in its months (M21), minor units."""
    signed = [one for one in contract.versions.all() if one.state == ContractVersion.State.SIGNED]
    holding = [one for one in signed if one.effective_on <= today] or signed
    if not holding:
        return 0
    month = (today.year - contract.starts_on.year) * 12 + today.month - contract.starts_on.month
    month = max(0, month - (today.day < contract.starts_on.day))
    monthly = (one for one in max(holding, key=lambda row: row.number).prices if one["kind"] == Price.Kind.MONTHLY)
    return sum(one["intro_amount_minor"] if one["intro_months"] > month else one["amount_minor"] for one in monthly)


def at_risk(found: Iterable[Margin], *, now: datetime) -> list[Risk]:
    """Return the hosted malls that may be lost, those with most reasons first; `found` are their margins. No query for each."""
    behind = _behind("tenant", now=now)
    losing = {one.contract for one in found if one.percent is not None and one.percent < 0}
    unpaid = dict(
        Subscription.objects.filter(state=Subscription.State.ACTIVE)
        .exclude(standing=Subscription.Standing.GOOD)
        .values_list("tenant_schema", "standing")
    )
    lasting = Mandate.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), paused_at__isnull=False)
    paused = set(lasting.values_list("tenant", flat=True))
    silent = _silent(now=now)
    contracts, risks = list(_running()), []
    weekly = _last_weekly(one.public_id for one in contracts)
    for contract in contracts:
        tenant = contract.tenant
        reasons = [
            *_of_work(behind.get(tenant.pk, (0, 0, 0))),
            *([_("An invoice is past due.")] if tenant.schema_name in unpaid else []),
            *([_("Notice was given; it ends on %(day)s.") % {"day": contract.ends_on}] if contract.notice_at else []),
            *([_("The merchant has paused the work.")] if tenant.pk in paused else []),
            *([_("The hours cost more than the fee.")] if contract.public_id in losing else []),
            *(
                [_("The merchant has not answered for %(n)d days.") % {"n": silent[tenant.pk]}]
                if tenant.pk in silent
                else []
            ),
            *_of_reports(weekly.get(contract.public_id, [])),
        ]
        if reasons:
            risks.append(Risk(tenant, contract.account_manager.get_full_name(), reasons))
    return sorted(risks, key=lambda one: (-len(one.reasons), one.tenant.name))


def _of_work(behind: tuple[int, int, int]) -> list[str]:
    done, late, missed = behind
    reasons = []
    if missed >= MISSED_TASKS:
        reasons.append(
            ngettext("%(n)d task was missed in four weeks.", "%(n)d tasks were missed in four weeks.", missed)
            % {"n": missed}
        )
    if done >= LEAST_DONE and late * 100 > LATE_PERCENT * done:
        reasons.append(_("%(late)d of %(done)d tasks were late in four weeks.") % {"late": late, "done": done})
    return reasons


def _silent(*, now: datetime) -> dict[int, int]:
    """Return for how many days the merchant of each mall has not answered what waits the longest, where it is too long."""
    waiting = Task.objects.filter(state=Task.State.WAITING, waiting_since_at__lte=now - timedelta(days=SILENT_DAYS))
    since = dict(waiting.order_by().values_list("tenant").annotate(first=Min("waiting_since_at")))
    return {pk: (now - first).days for pk, first in since.items()}


def _last_weekly(contracts: Iterable[str]) -> dict[str, list[Report]]:
    """Return the last `UNREAD_WEEKS` weekly reports of each contract, the newest first."""
    placed = Report.objects.filter(contract__in=list(contracts), kind=Report.Kind.WEEKLY).annotate(
        place=Window(RowNumber(), partition_by="contract", order_by=F("starts_on").desc())
    )
    found: dict[str, list[Report]] = {}
    for one in placed.filter(place__lte=UNREAD_WEEKS).order_by("contract", "-starts_on"):
        found.setdefault(one.contract, []).append(one)
    return found


def _of_reports(rows: list[Report]) -> list[str]:
    reasons = []
    if len(rows) == UNREAD_WEEKS and not any(one.read_at for one in rows):
        reasons.append(_("The last %(n)d weekly reports were not opened.") % {"n": UNREAD_WEEKS})
    if rows:
        was, is_now = rows[0].content["before"]["orders"], rows[0].content["totals"]["orders"]
        if was >= settings.REPORT_MINIMUM_SAMPLE and is_now * 100 < was * (100 - FALL_PERCENT):
            reasons.append(_("Orders fell from %(was)d to %(now)d in a week.") % {"was": was, "now": is_now})
    return reasons
