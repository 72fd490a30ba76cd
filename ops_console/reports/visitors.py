"""What was counted in front of the malls, kept by mall and day of its calendar."""

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from tenants.footfall import taking
from tenants.registry.models import Domain, Tenant

from .models import MallDay


def keep() -> int:
    """Keep what was counted since the last time, and return how many days of malls it touched. Never inside a transaction."""
    looked = taking.take()
    if not looked:
        return 0
    malls = {row.domain: row.tenant for row in Domain.objects.select_related("tenant")}
    views: Counter[tuple[int, date]] = Counter()
    visits: Counter[tuple[int, date]] = Counter()
    for one in looked:
        tenant = malls.get(one.host)
        if tenant is not None:
            key = tenant.pk, one.since_at.astimezone(ZoneInfo(tenant.time_zone)).date()
            views[key] += one.views
            visits[key] += one.visits
    _write(views, visits)
    taking.forget()
    return len(views)


@transaction.atomic
def _write(views: Counter[tuple[int, date]], visits: Counter[tuple[int, date]]) -> None:
    MallDay.objects.bulk_create((MallDay(tenant_id=pk, day=day) for pk, day in views), ignore_conflicts=True)
    for pk, day in sorted(views):
        MallDay.objects.filter(tenant_id=pk, day=day).update(
            views=F("views") + views[pk, day], visits=F("visits") + visits[pk, day]
        )


def of_mall(tenant: Tenant, *, first: date, until: date) -> dict[date, tuple[int, int]]:
    """Return views and visits of the days `first` to before `until`, by day; a day on which nothing was counted is left out."""
    rows = MallDay.objects.filter(tenant=tenant, day__gte=first, day__lt=until)
    return {row.day: (row.views, row.visits) for row in rows}
