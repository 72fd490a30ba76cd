"""Counts what a mall pays for by the post."""

from collections.abc import Iterator
from datetime import datetime

from billing.packages.usage import Counted

from .models import Post


def published(schema: str, since: datetime, until: datetime) -> Iterator[Counted]:
    """
    Yield the posts that were published for a mall from `since` to before `until` and were written for no task.

    Their clause says by which right they were published, not that they were promised.
    """
    rows = Post.objects.filter(tenant__schema_name=schema, state=Post.State.PUBLISHED, task="")
    for row in rows.filter(published_at__gte=since, published_at__lt=until).order_by("published_at", "pk"):
        if row.published_at is not None:
            yield Counted(row.public_id, row.title, row.published_at)
