"""
How often a channel may be posted to (R5), reckoned in the mall's own days and months, or in the channel's where it has its own clock.

WeChat lets a subscription account reach its followers once a day and a service account four times a month for each follower. A post
of ours goes to every follower, so that each of them has had as many as the channel. A draft with a time holds its place already:
the limit is met while planning, not when it is too late.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Coalesce

from .connectors.base import Limit
from .connectors.registry import connector_of
from .models import Channel, ChannelQuerySet, Post

MONTHS_AHEAD = 13
# Days that a person may name; beyond them clocks of other zones run out of years.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True)
class Verdict:
    """Whether a time is free; else which posts take the places, and the next time that has one (None: none within a year)."""

    in_the_way: tuple[Post, ...]
    free_at: datetime | None

    @property
    def is_free(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.in_the_way


def wall_time(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall time; one that a clock change skips moves forward, one that comes twice is the first."""
    local = datetime.combine(day, at, tzinfo=zone)
    skipped = local.astimezone(ZoneInfo("UTC")).astimezone(zone)
    return skipped if skipped.time() != at else local


def window(limit: Limit, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the day or month of the zone that `at` falls into; its end is exclusive."""
    first = _first_day(limit, at.astimezone(zone).date())
    return wall_time(first, time(0), zone), wall_time(_next_first(limit, first), time(0), zone)


def _first_day(limit: Limit, day: date) -> date:
    return day if limit.per == "day" else day.replace(day=1)


def _next_first(limit: Limit, first: date) -> date:
    return first + timedelta(days=1) if limit.per == "day" else (first + timedelta(days=32)).replace(day=1)


def verdict(channel: Channel, at: datetime, *, besides: int | None = None) -> Verdict:
    """
    Tell whether the channel has a place at `at`, for a post that is not there yet or has the key `besides`.

    Reads one channel's posts of a year; a caller who acts on the answer holds the channel's lock.
    """
    limit = connector_of(channel.kind).limit
    if limit is None:
        return Verdict((), None)
    zone = ZoneInfo(limit.zone or channel.tenant.time_zone)
    starts_at, _ends_at = window(limit, at, zone)
    known = _times(channel, starts_at, besides)
    taken = _inside(known, limit, at, zone)
    if len(taken) < limit.posts:
        return Verdict((), None)
    return Verdict(tuple(taken), _next_free(known, limit, at, zone))


def _times(channel: Channel, from_at: datetime, besides: int | None) -> list[tuple[datetime, Post]]:
    posts = Post.objects.filter(_here(channel)).holding_slots().annotate(at=Coalesce("published_at", "planned_at"))
    found = posts.filter(at__gte=from_at).order_by("at", "pk")
    if besides is not None:
        found = found.exclude(pk=besides)
    return [(post.at, post) for post in found]  # type: ignore[attr-defined]  # the annotation


def others(channel: Channel) -> "ChannelQuerySet":
    """Return the other channels, closed ones too, that reach the same people: the limit is one for all of them."""
    place = connector_of(channel.kind).same_place(
        kind=channel.kind, tenant_id=channel.tenant_id, settings=channel.settings
    )
    return Channel.objects.filter(place).exclude(pk=channel.pk) if place is not None else Channel.objects.none()


def _here(channel: Channel) -> Q:
    """Keep a channel's posts, and of others of the same place those that may be out: what is only planned on a closed one never is."""
    may_be_out = (Post.State.SENDING, Post.State.PUBLISHED, Post.State.FAILED)
    return Q(channel=channel) | Q(channel__in=others(channel), state__in=may_be_out)


def _inside(known: list[tuple[datetime, Post]], limit: Limit, at: datetime, zone: ZoneInfo) -> list[Post]:
    starts_at, ends_at = window(limit, at, zone)
    return [post for when, post in known if starts_at <= when < ends_at]


def _next_free(known: list[tuple[datetime, Post]], limit: Limit, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first later window with a place, at the same time of the day."""
    local = at.astimezone(zone)
    first = _first_day(limit, local.date())
    for _step in range(366 if limit.per == "day" else MONTHS_AHEAD):
        first = _next_first(limit, first)
        candidate = wall_time(first, local.time().replace(tzinfo=None), zone)
        if len(_inside(known, limit, candidate, zone)) < limit.posts:
            return candidate
    return None
