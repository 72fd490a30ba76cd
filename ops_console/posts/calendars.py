"""Posts laid out on days: a month, a week. Each post stands on the day that it is in its own mall."""

from calendar import Calendar as Weeks
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from .models import Post
from .operations import PLANNABLE
from .queries import BADGES
from .slots import FIRST_DAY, LAST_DAY

MOST_IN_CELL = 4


@dataclass(frozen=True)
class Item:
    """A post as a calendar shows it; `at` is the mall's own wall time, `may_move` whether it can still have another."""

    href: str
    title: str
    channel: str
    mall: str
    at: datetime
    badge: str
    word: str
    may_move: bool = False

    @property
    def clock(self) -> str:
        """The mall's wall time as the reader's language writes it: "9:30 AM"."""
        return date_format(self.at, "TIME_FORMAT")

    @property
    def time(self) -> str:
        """The same for a form's field: "09:30"."""
        return f"{self.at:%H:%M}"


@dataclass(frozen=True)
class Day:
    """One day with its posts in order; `more` of them are left out of a month's cell."""

    day: date
    is_today: bool
    is_outside: bool
    items: tuple[Item, ...]
    more: int


@dataclass(frozen=True)
class Span:
    """The days that are shown, from `first` to before `end`, and the days that lead back and on."""

    first: date
    end: date
    before: date
    after: date
    is_month: bool
    middle: date


def day_of(text: str) -> date | None:
    """Return the day that an address names; None for anything else, and for one outside of what is planned."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_DAY <= found <= LAST_DAY else None


def span(view: str, day: date) -> Span:
    """Return the days of the month or the week that `day` is in; weeks begin on Monday."""
    if view == "week":
        first = day - timedelta(days=day.weekday())
        step = timedelta(days=7)
        return Span(first, first + step, first - step, first + step, is_month=False, middle=first)
    weeks = Weeks().monthdatescalendar(day.year, day.month)
    first_of_month = day.replace(day=1)
    return Span(
        weeks[0][0],
        weeks[-1][-1] + timedelta(days=1),
        (first_of_month - timedelta(days=1)).replace(day=1),
        (first_of_month + timedelta(days=32)).replace(day=1),
        is_month=True,
        middle=first_of_month,
    )


def weeks(shown: Span, posts: Iterable[Post], *, today: date, href: Callable[[Post], str]) -> list[list[Day]]:
    """Lay the posts, which come with channel and mall, out on the weeks of the span."""
    by_day: dict[date, list[Item]] = defaultdict(list)
    for post in posts:
        found = item(post, href(post))
        by_day[found.at.date()].append(found)
    count = (shown.end - shown.first).days
    days = [_day(shown, shown.first + timedelta(days=step), by_day, today) for step in range(count)]
    return [days[start : start + 7] for start in range(0, count, 7)]


def item(post: Post, href: str) -> Item:
    """Return one post as a calendar shows it. It has a time."""
    at = post.published_at or post.planned_at
    if at is None:
        raise ValueError(f"the post {post.public_id} has no time")
    zone = ZoneInfo(post.tenant.time_zone)
    badge = BADGES[Post.State(post.state)]
    word = str(Post.State(post.state).label)
    may_move = post.state in PLANNABLE
    return Item(href, post.title, post.channel.name, post.tenant.name, at.astimezone(zone), badge, word, may_move)


def _day(shown: Span, day: date, by_day: dict[date, list[Item]], today: date) -> Day:
    items = sorted(by_day.get(day, []), key=lambda one: (one.at, one.mall))
    kept = items[:MOST_IN_CELL] if shown.is_month and len(items) > MOST_IN_CELL + 1 else items
    outside = shown.is_month and day.month != shown.middle.month
    return Day(day, day == today, outside, tuple(kept), len(items) - len(kept))
