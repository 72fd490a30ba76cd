"""What was counted in front of the malls, kept by mall and day of its calendar."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from tenants.footfall import taking
from tenants.registry.models import Domain, Tenant

from .models import KeptBatch, MallDay

Days = Counter[tuple[int, date]]
REMEMBERED = timedelta(days=30)


def keep(*, now: datetime) -> int:
    """
    Keep what was counted since the last time, and return how many days of malls it touched. Never inside a transaction.

    A batch is added once, whoever else keeps it at the same time and wherever a former run was cut off.
    """
    taken = taking.take()
    if not taken.name:
        return 0
    views, visits = _by_day(taken.looked)
    is_new = _write(taken.name, views, visits, now=now)
    taking.forget(taken.name)
    return len(views) if is_new else 0


def _by_day(looked: Sequence[taking.Looked]) -> tuple[Days, Days]:
    malls = {row.domain: row.tenant for row in Domain.objects.select_related("tenant")}
    views: Days = Counter()
    visits: Days = Counter()
    for one in looked:
        tenant = malls.get(one.host)
        if tenant is not None:
            key = tenant.pk, one.since_at.astimezone(ZoneInfo(tenant.time_zone)).date()
            views[key] += one.views
            visits[key] += one.visits
    return views, visits


@transaction.atomic
def _write(batch: str, views: Days, visits: Days, *, now: datetime) -> bool:
    """The batch's unique name has the last word: who comes second waits for the first, and adds nothing."""
    KeptBatch.objects.filter(kept_at__lt=now - REMEMBERED).delete()
    _row, is_new = KeptBatch.objects.get_or_create(batch=batch, defaults={"kept_at": now})
    if not is_new:
        return False
    MallDay.objects.bulk_create((MallDay(tenant_id=pk, day=day) for pk, day in views), ignore_conflicts=True)
    for pk, day in sorted(views):
        MallDay.objects.filter(tenant_id=pk, day=day).update(
            views=F("views") + views[pk, day], visits=F("visits") + visits[pk, day]
        )
    return True


def of_mall(tenant: Tenant, *, first: date, until: date) -> dict[date, tuple[int, int]]:
    """Return views and visits of the days `first` to before `until`, by day; a day on which nothing was counted is left out."""
    rows = MallDay.objects.filter(tenant=tenant, day__gte=first, day__lt=until)
    return {row.day: (row.views, row.visits) for row in rows}
