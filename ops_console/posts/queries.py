"""Reads of posts and channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from saas.audit.models import AuditEntry
from tenants.registry.models import Tenant

from .models import Channel, Post

S = Post.State
BADGES: dict[str, str] = {
    S.DRAFT: "",
    S.SUBMITTED: "info",
    S.WAITING: "warning",
    S.APPROVED: "info",
    S.SCHEDULED: "brand",
    S.SENDING: "brand",
    S.PUBLISHED: "success",
    S.FAILED: "danger",
    S.HANDED_OVER: "accent",
    S.EXCUSED: "warning",
    S.DROPPED: "",
}
# What a merchant sees: everything that left the agency's desk.
FOR_MERCHANT = (S.WAITING, S.APPROVED, S.SCHEDULED, S.SENDING, S.PUBLISHED, S.FAILED, S.HANDED_OVER, S.EXCUSED)
FOR_MERCHANTS_EYES: dict[str, object] = {
    S.WAITING: _("Waits for your yes"),
    S.DRAFT: _("Back with the agency"),
    S.HANDED_OVER: _("The agency posts it by hand"),
}
NEEDS_SOMEBODY = (S.SUBMITTED, S.FAILED, S.HANDED_OVER, S.EXCUSED)
MOST_DRAWN = 1000


@dataclass(frozen=True)
class PostRow:
    """A post as its merchant reads it: plain data, times in UTC."""

    public_id: str
    title: str
    text: str
    link: str
    has_picture: bool
    picture_says: str
    version: int
    state: str
    word: str
    badge: str
    channel: str
    kind: str
    at: datetime | None
    author: str
    clause: str
    answer_until_at: datetime | None
    approved_by: str
    change_asked: str
    change_asked_by: str
    url: str
    trouble: str

    @property
    def can_be_answered(self) -> bool:
        """Whether the merchant may say yes now."""
        return self.state == S.WAITING

    @property
    def can_be_stopped(self) -> bool:
        """Whether the merchant may still ask for a change."""
        return self.state in (S.WAITING, S.APPROVED, S.SCHEDULED)


def matching(wanted: Mapping[str, Any]) -> QuerySet[Post]:
    """Return posts of all malls by mall, kind, state and words, with their channel, mall and author."""
    rows = Post.objects.select_related("channel", "tenant", "author").exclude(state=S.DROPPED)
    if wanted.get("mall"):
        rows = rows.filter(tenant__public_id=wanted["mall"])
    if wanted.get("kind"):
        rows = rows.filter(channel__kind=wanted["kind"])
    if wanted.get("state") == "needs_somebody":
        rows = rows.filter(state__in=NEEDS_SOMEBODY)
    elif wanted.get("state"):
        rows = rows.filter(state=wanted["state"])
    for word in str(wanted.get("q") or "").split():
        rows = rows.filter(Q(title__icontains=word) | Q(text__icontains=word) | Q(tenant__name__icontains=word))
    return rows


def between(rows: QuerySet[Post], first: date, end: date) -> list[Post]:
    """Return the rows with a time on these days in any zone of the world, at most `MOST_DRAWN`."""
    zone = ZoneInfo("UTC")
    from_at = datetime.combine(first - timedelta(days=1), datetime.min.time(), tzinfo=zone)
    to_at = datetime.combine(end + timedelta(days=1), datetime.min.time(), tzinfo=zone)
    placed = rows.annotate(at=Coalesce("published_at", "planned_at")).filter(at__gte=from_at, at__lt=to_at)
    return list(placed.order_by("at", "pk")[:MOST_DRAWN])


def counts() -> dict[str, int]:
    """Return how many posts wait for a colleague or a person, and how many for their merchant. One query."""
    found: dict[str, int] = Post.objects.aggregate(
        needs_somebody=Count("pk", filter=Q(state__in=NEEDS_SOMEBODY)), waiting=Count("pk", filter=Q(state=S.WAITING))
    )
    return found


def malls_with_channels() -> QuerySet[Tenant]:
    """Return the malls that have a channel in use, by name."""
    return Tenant.objects.filter(channels__retired_at__isnull=True, channels__isnull=False).distinct().order_by("name")


def channels_of(tenant: Tenant) -> list[Channel]:
    """Return a mall's channels in use, by name."""
    return list(Channel.objects.in_use().filter(tenant=tenant).select_related("tenant"))


def history(post: Post) -> list[AuditEntry]:
    """Return the trail of a post, oldest first."""
    rows = AuditEntry.objects.filter(subject_kind="post", subject_id=post.public_id)
    return list(rows.order_by("at", "pk")[:100])


def of_mall(schema: str, *, first: date | None = None, end: date | None = None) -> list[Post]:
    """Return the posts of a mall that its merchant may see: on some days, or all that wait for an answer."""
    rows = Post.objects.filter(tenant__schema_name=schema, state__in=FOR_MERCHANT)
    rows = rows.select_related("channel", "tenant", "author")
    if first is None or end is None:
        return list(rows.filter(state=S.WAITING).order_by("answer_until_at"))
    return between(rows, first, end)


def row_of_mall(schema: str, public_id: str) -> PostRow | None:
    """Return a post as its merchant reads it; None where the mall has no such post, or it is still on the agency's desk."""
    found = Post.objects.filter(tenant__schema_name=schema, public_id=public_id, state__in=(*FOR_MERCHANT, S.DRAFT))
    post = found.select_related("channel", "author").first()
    # A draft that the merchant gave back can be read again.
    if post is None or (post.state == S.DRAFT and not post.change_asked):
        return None
    return PostRow(
        public_id=post.public_id,
        title=post.title,
        text=post.text,
        link=post.link,
        has_picture=bool(post.picture),
        picture_says=post.picture_says,
        version=post.version,
        state=post.state,
        word=str(FOR_MERCHANTS_EYES.get(post.state) or Post.State(post.state).label),
        badge=BADGES[post.state],
        channel=post.channel.name,
        kind=post.channel.kind,
        at=post.published_at or post.planned_at,
        author=post.author.get_full_name(),
        clause=post.clause,
        answer_until_at=post.answer_until_at,
        approved_by=post.approved_by,
        change_asked=post.change_asked,
        change_asked_by=post.change_asked_by,
        url=post.url,
        trouble=post.trouble,
    )


def picture_of_mall(schema: str, public_id: str) -> str:
    """Return the key of the picture of a mall's post; nothing where there is none."""
    return str(
        Post.objects.filter(tenant__schema_name=schema, public_id=public_id).values_list("picture", flat=True).first()
        or ""
    )


def answered_at(tasks: list[str]) -> dict[str, str]:
    """Return where the merchant answers for tasks (public ids) of which a post waits for the yes: the back office's address by task."""
    rows = Post.objects.filter(task__in=tasks, state=Post.State.WAITING).values_list("task", "public_id")
    return {task: f"/manage/hosting/content/{public_id}/" for task, public_id in rows}
