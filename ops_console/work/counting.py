"""Counts what a mall pays for by the piece of work."""

from collections.abc import Iterator
from datetime import datetime

from billing.packages.usage import Counted

from .models import Task


def done(schema: str, since: datetime, until: datetime) -> Iterator[Counted]:
    """Yield the work that was done for a mall from `since` to before `until` and that no plan of a contract promises."""
    rows = Task.objects.filter(tenant__schema_name=schema, state=Task.State.DONE, plan=None)
    for row in rows.filter(done_at__gte=since, done_at__lt=until).order_by("done_at", "pk"):
        if row.done_at is not None:
            yield Counted(row.public_id, row.title, row.done_at)
