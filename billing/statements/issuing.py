"""What the tasks call: which months of a mall are due, and which statements are paid. Each step is one transaction of `operations`."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from saas.kernel.actors import SYSTEM
from tenants.registry.models import Tenant

from . import drafting, operations, periods, queries
from .drafting import Place
from .models import Statement


def issue_mall(*, place: Place, now: datetime) -> list[Statement]:
    """
    Issue the statements of a mall's months that are over, oldest first, and return those that are new or there.

    Cut off anywhere, the next start goes on with the month that is missing.

    :raises StatementDiffers: a month's lines do not explain the books; later months wait for it
    """
    tenant = Tenant.objects.filter(schema_name=place.schema).first()
    zone = ZoneInfo(tenant.time_zone) if tenant else ZoneInfo("UTC")
    since = _first_day(place, zone)
    if since is None:
        return []
    months = periods.complete_months(since=since, zone=zone, before=now - operations.GRACE)
    found = [operations.issue(place=place, month=month, now=now) for month in months]
    return [one for one in found if one is not None]


def _first_day(place: Place, zone: ZoneInfo) -> date | None:
    """Return a day of the first month that has no statement; None where nothing was ever booked."""
    last = Statement.objects.filter(tenant_schema=place.schema, currency=place.currency).order_by("-first_day").first()
    if last is not None:
        return periods.month_of(last.ends_at, zone).first_day
    first = drafting.bookings(
        list(drafting.accounts_of(place)), since=None, before=datetime.max.replace(tzinfo=zone)
    ).first()
    return first.booked_at.astimezone(zone).date() if first else None


def note_paid(*, now: datetime) -> int:
    """Mark every confirmed statement that has reached the bank; return how many."""
    marked = 0
    for public_id in queries.confirmed():
        try:
            operations.mark_paid(statement=public_id, by=SYSTEM, now=now)
        except (operations.NotPaidYet, operations.StatementDecided):
            continue
        marked += 1
    return marked
