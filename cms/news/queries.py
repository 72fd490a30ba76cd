"""Reads of notices."""

from dataclasses import dataclass
from datetime import datetime

from cms.media import queries as media

from .models import Notice


@dataclass(frozen=True)
class Standing:
    """Where the notice of a source is, and since when it is taken down."""

    path: str
    withdrawn_at: datetime | None


def latest(count: int) -> list[Notice]:
    """Return the newest notices that are shown, without their pictures. One query."""
    return list(Notice.objects.shown()[:count])


def by_slug(slug: str) -> Notice | None:
    """Return a notice that is shown, with its picture; None where there is none."""
    return Notice.objects.shown().filter(slug=slug).prefetch_related(media.prefetch("picture")).first()


def standing(source: str) -> Standing | None:
    """Tell where the notice of a source is; None where there is none."""
    notice = Notice.objects.filter(source=source).first()
    return Standing(f"/news/{notice.slug}/", notice.withdrawn_at) if notice else None
