"""Reads of the console. All run on the platform's schema."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils.module_loading import import_string

from billing.gateway import inbox
from billing.gateway.models import StripeEvent
from billing.ledger import queries as ledger
from billing.ledger.models import Transfer
from billing.ledger.queries import MallSales
from ops_console.health import queries as health
from ops_console.health.models import Examination, MallHealth
from ops_console.mandates import asked
from ops_console.mandates import operations as visits
from ops_console.mandates.models import Visit
from saas.audit.models import AuditEntry
from tenants.registry.models import Tenant
from tenants.rollout import queries as rollout
from tenants.rollout.models import MallVersion

PERIOD = timedelta(days=30)
MISUSE_SHOWN = timedelta(days=7)
# Further back than this "last sale" does not look.
LONG_AGO = timedelta(days=730)
# Beside the states of a mall, in the filter: its schema did not take a release.
MAINTENANCE = "maintenance"
NO_SALES = MallSales(0, 0, 0, None)


@dataclass(frozen=True)
class Maintenance:
    """A mall that did not take a release: why, in brief, and when it was last tried."""

    tenant: Tenant
    brief: str
    moved_at: datetime


@dataclass(frozen=True)
class MallRow:
    """One mall in the list: the tenant and its money of the last 30 days, in minor units of its currency."""

    tenant: Tenant
    sales: MallSales
    last_sale_at: datetime | None
    daily: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Sums:
    """What all malls of one currency sold in 30 days."""

    currency: str
    sales_minor: int
    commission_minor: int
    orders_count: int
    daily: list[int]


@dataclass(frozen=True)
class Exceptions:
    """What needs a person."""

    # The newest of the doctor's examinations, when a guard failed in it.
    failing: Examination | None
    maintained: list[Maintenance]
    suspended: list[Tenant]
    opening: list[Tenant]
    events_count: int
    parked: list[MallHealth]
    open_visits: list[Visit]
    asked_count: int
    misused: list[AuditEntry]
    # What other slices add by name (`settings.OVERVIEW_BESIDE`).
    beside: list["Waits"]


@dataclass(frozen=True)
class Waits:
    """Something that waits for somebody, with the list that shows it; `kind` is warning or info."""

    kind: str
    title: str
    text: str
    href: str


@dataclass(frozen=True)
class MallFilter:
    """Which malls, in which order: `state` a status or `MAINTENANCE`, `sort` one of name, sales, last, new."""

    words: str = ""
    state: str = ""
    trade: str = ""
    sort: str = "sales"


def malls(wanted: MallFilter, *, now: datetime) -> list[MallRow]:
    """Return the malls with their sales of the last 30 days, without days."""
    tenants = Tenant.objects.all()
    if wanted.state == MAINTENANCE:
        tenants = tenants.filter(parked=True)
    elif wanted.state:
        tenants = tenants.filter(status=wanted.state)
    if wanted.trade:
        tenants = tenants.filter(trade=wanted.trade)
    for word in wanted.words.split():
        tenants = tenants.filter(Q(name__icontains=word) | Q(slug__icontains=word) | Q(owner_email__icontains=word))
    found = list(tenants.order_by("name", "pk"))
    schemas = [tenant.schema_name for tenant in found]
    recent = ledger.sales_by_mall(since=now - PERIOD, until=now, schemas=schemas)
    ever = ledger.sales_by_mall(since=now - LONG_AGO, until=now, schemas=schemas)
    rows = [
        MallRow(tenant, recent.get(tenant.schema_name, NO_SALES), ever.get(tenant.schema_name, NO_SALES).last_sale_at)
        for tenant in found
    ]
    long_ago = datetime.min.replace(tzinfo=UTC)
    if wanted.sort == "sales":
        rows.sort(key=lambda row: -row.sales.sales_minor)
    elif wanted.sort == "last":
        rows.sort(key=lambda row: row.last_sale_at or long_ago, reverse=True)
    elif wanted.sort == "new":
        rows.sort(key=lambda row: row.tenant.created_at, reverse=True)
    return rows


def with_days(rows: list[MallRow], *, now: datetime) -> list[MallRow]:
    """Return the rows of one page with their sales by day, oldest first."""
    by_mall = _daily([row.tenant.schema_name for row in rows], now=now)
    days = _days(now)
    return [
        MallRow(row.tenant, row.sales, row.last_sale_at, [by_mall[row.tenant.schema_name].get(day, 0) for day in days])
        for row in rows
    ]


def _days(now: datetime) -> list[date]:
    return [(now - timedelta(days=back)).date() for back in range(PERIOD.days - 1, -1, -1)]


def _daily(schemas: list[str], *, now: datetime) -> dict[str, dict[date, int]]:
    """Return what was sold on each day (UTC), by schema."""
    rows = Transfer.objects.filter(
        tenant_schema__in=schemas, kind="order_paid", happened_at__gte=now - PERIOD, happened_at__lt=now
    )
    found: defaultdict[str, dict[date, int]] = defaultdict(dict)
    days = rows.annotate(day=TruncDate("happened_at", tzinfo=UTC)).values_list("tenant_schema", "day")
    for schema, day, total in days.annotate(total=Sum("amount_minor")):
        found[schema][day] = total
    return found


def sums(rows: list[MallRow], *, now: datetime) -> list[Sums]:
    """Return the sums of all malls, one for each currency, the largest first."""
    by_currency: defaultdict[str, list[MallRow]] = defaultdict(list)
    for row in rows:
        by_currency[row.tenant.currency].append(row)
    daily = _daily([row.tenant.schema_name for row in rows], now=now)
    found = []
    for currency, group in by_currency.items():
        schemas = [row.tenant.schema_name for row in group]
        found.append(
            Sums(
                currency=currency,
                sales_minor=sum(row.sales.sales_minor for row in group),
                commission_minor=sum(row.sales.commission_minor for row in group),
                orders_count=sum(row.sales.orders_count for row in group),
                daily=[sum(daily[schema].get(day, 0) for schema in schemas) for day in _days(now)],
            )
        )
    return sorted(found, key=lambda one: -one.sales_minor)


def exceptions(*, now: datetime) -> Exceptions:
    """Return what needs a person, oldest first."""
    stale = now - timedelta(minutes=5)
    newest = next(iter(health.looks(limit=1)), None)
    return Exceptions(
        failing=newest if newest and newest.failed_count else None,
        maintained=_maintained(Tenant.objects.filter(parked=True).exclude(status=Tenant.Status.CLOSED)),
        suspended=list(Tenant.objects.filter(status=Tenant.Status.SUSPENDED).order_by("name")),
        opening=list(Tenant.objects.filter(status=Tenant.Status.OPENING, created_at__lt=stale).order_by("created_at")),
        events_count=StripeEvent.objects.filter(state__in=inbox.TROUBLE).count(),
        parked=list(MallHealth.objects.filter(parked_count__gt=0).select_related("tenant").order_by("-parked_count")),
        open_visits=list(
            Visit.objects.filter(ended_at__isnull=True, ends_at__gt=now)
            .select_related("person", "tenant")
            .order_by("ends_at")
        ),
        asked_count=asked.waiting().count(),
        misused=list(AuditEntry.objects.filter(action=visits.MISUSED, at__gt=now - MISUSE_SHOWN).order_by("-at")[:5]),
        beside=[one for name in settings.OVERVIEW_BESIDE for one in import_string(name)()],
    )


def maintenance(tenant: Tenant) -> Maintenance | None:
    """Return why a mall is in maintenance; None when it is not known."""
    return next(iter(_maintained(Tenant.objects.filter(pk=tenant.pk))), None)


def _maintained(tenants: "QuerySet[Tenant]") -> list[Maintenance]:
    versions = MallVersion.objects.filter(tenant__in=tenants).select_related("tenant").order_by("moved_at", "pk")
    return [Maintenance(one.tenant, rollout.in_brief(one.reason), one.moved_at) for one in versions]


def state_counts() -> dict[str, int]:
    """Return how many malls are in each state."""
    return dict(Tenant.objects.values_list("status").annotate(count=Count("pk")))


def names_of(schemas: set[str]) -> dict[str, Tenant]:
    """Return the malls of some schemas, by schema."""
    return {tenant.schema_name: tenant for tenant in Tenant.objects.filter(schema_name__in=schemas)}


@dataclass(frozen=True)
class AuditFilter:
    """Which entries of the trail: by words in actor or summary, action's first word, days; of one mall."""

    words: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None
    mall: str = ""


def trail(wanted: AuditFilter) -> "QuerySet[AuditEntry]":
    """Return the platform's audit, newest first."""
    found = AuditEntry.objects.order_by("-at", "-pk")
    if wanted.action:
        found = found.filter(action__startswith=wanted.action)
    if wanted.since:
        found = found.filter(at__date__gte=wanted.since)
    if wanted.until:
        found = found.filter(at__date__lte=wanted.until)
    if wanted.mall:
        found = found.filter(Q(subject_kind="mall", subject_id=wanted.mall) | Q(data__mall=wanted.mall))
    for word in wanted.words.split():
        found = found.filter(
            Q(actor_name__icontains=word)
            | Q(summary__icontains=word)
            | Q(on_behalf_of__icontains=word)
            | Q(subject_id=word)
        )
    return found
