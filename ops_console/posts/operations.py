"""
Posts as they are written and planned: drafted, edited, given a time, dropped, taken up again. All on the platform's schema.

Lock order: Channel, Post. Whoever gives a post a time holds its channel, so that two people cannot take the last place (R5).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from saas.accounts.models import User
from saas.kernel.actors import Actor
from saas.kernel.locking import locked_one
from saas.ui.formats import listed

from . import pictures, proofs, rights, slots
from .connectors.base import Content, Limit
from .connectors.registry import connector_of
from .models import Channel, Post, Sending
from .moves import S, lock, move, note
from .refusals import (
    ChannelClosed,
    ContentRefused,
    OtherVersion,
    OutcomeUnknown,
    PostRefused,
    SlotTaken,
    TimeGone,
    TimeMissing,
)

AHEAD = timedelta(days=366)
# Changing what shoppers read takes the approval away, whatever came after it.
EDITABLE = (S.DRAFT, S.SUBMITTED, S.WAITING, S.APPROVED, S.SCHEDULED, S.FAILED, S.HANDED_OVER, S.EXCUSED)
PLANNABLE = (S.DRAFT, S.SUBMITTED, S.WAITING, S.APPROVED, S.SCHEDULED, S.FAILED)
DROPPABLE = tuple(state for state in EDITABLE)


@dataclass(frozen=True)
class Written:
    """
    What a person writes. `picture` holds new bytes, None keeps the picture there is, b"" takes it away; `planned_at` may be None.
    """

    title: str
    text: str
    link: str = ""
    picture: bytes | None = None
    picture_says: str = ""
    planned_at: datetime | None = None


@dataclass(frozen=True)
class Ground:
    """What a post is done for: public ids of contract and task, the number of the clause, whether the merchant must agree."""

    contract: str = ""
    clause: str = ""
    task: str = ""
    needs_merchant: bool = False


@transaction.atomic
def draft(*, channel: str, written: Written, ground: Ground, author: User, by: Actor, now: datetime) -> Post:
    """
    Write a new post for a channel. Where no contract lets the agency publish there, or only after the merchant agreed, that yes is needed,
    also for a post that is written for no task, or for another one.

    Locks: Channel.

    :raises ChannelClosed: the channel takes no more
    :raises ContentRefused: too long for the channel, or without what it needs
    :raises TimeGone: a time in the past
    :raises SlotTaken: the channel's limit is reached there
    """
    place = _open_channel(channel)
    clause = rights.clause_for(place, at=now)
    post = Post(
        tenant=place.tenant,
        channel=place,
        author=author,
        needs_merchant=ground.needs_merchant
        or place.needs_merchant
        or rights.asks_first(place, clause=ground.clause, at=now),
        contract=ground.contract,
        clause=(ground.clause or clause)[:120],
        task=ground.task,
        created_at=now,
        changed_at=now,
    )
    _fill(post, written, now=now)
    post.save()
    note(post, "post.draft", gettext_lazy("drafted"), by=by, now=now)
    return post


@transaction.atomic
def edit(*, post: str, version: int, written: Written, by: Actor, now: datetime) -> Post:
    """
    Change what a post says; it is a draft again, and an approval that it had is gone. Changing nothing but the time keeps it.

    Locks: Channel, Post.

    :raises MovedOn: it is being published, published or dropped
    :raises OtherVersion: somebody else edited it since it was read
    :raises ContentRefused: see `draft`
    :raises TimeGone: see `draft`
    :raises SlotTaken: see `draft`
    """
    found = with_channel(post, *EDITABLE)
    if found.version != version:
        raise OtherVersion
    refuse_unknown(found)
    before = _says(found)
    _fill(found, written, now=now)
    if _says(found) == before and found.state in PLANNABLE:
        found.save()
        note(
            found, "post.planned", gettext_lazy("given another time"), by=by, now=now, planned_at=iso(found.planned_at)
        )
        return found
    found.version += 1
    # Whoever wrote what it says now is its author, and does not approve it.
    found.author = User.objects.filter(public_id=by.public_id, kind=User.Kind.AGENCY).first() or found.author
    found.approved_by, found.trouble, found.asked_at, found.answer_until_at = "", "", None, None
    _begin_anew(found)
    if found.state == S.DRAFT:
        found.save()
        note(found, "post.edited", gettext_lazy("edited"), by=by, now=now)
    else:
        if found.state == S.WAITING:
            proofs.taken_back(found, by=by, now=now)
        move(found, S.DRAFT, gettext_lazy("edited: it needs its approval anew"), by=by, now=now)
    return found


def _fill(post: Post, written: Written, *, now: datetime) -> None:
    """Put what was written onto the row and check it as the channel would. The caller holds the channel."""
    post.title, post.text = " ".join(written.title.split()), written.text.strip().replace("\r\n", "\n")
    post.link, post.picture_says = written.link, written.picture_says.strip()
    if written.picture is not None:
        transaction.on_commit(partial(pictures.remove, post.picture), robust=True)  # the row was the only way to it
        post.picture = pictures.keep(written.picture) if written.picture else ""
    refuse_content(post)
    if post.state not in Post.HOLDING:
        _plan(post, written.planned_at if written.planned_at and written.planned_at > now else None, now=now)
    elif written.planned_at != post.planned_at:
        _plan(post, written.planned_at, now=now)


def _says(post: Post) -> tuple[str, ...]:
    return post.title, post.text, post.link, post.picture, post.picture_says


def iso(at: datetime | None) -> str:
    """Return an instant for the trail, nothing for none."""
    return at.isoformat() if at else ""


def content_of(post: Post) -> Content:
    """Return what connectors see of a post."""
    return Content(post.title, post.text, post.link, bool(post.picture), post.picture_says)


def refuse_content(post: Post) -> None:
    """
    Refuse what the channel would not take.

    :raises ContentRefused: with every reason
    """
    problems = connector_of(post.channel.kind).problems(content_of(post))
    if problems:
        raise ContentRefused(" ".join(problems), problems=problems)


def _plan(post: Post, at: datetime | None, *, now: datetime) -> None:
    if at is None and post.state == S.SCHEDULED:
        raise TimeMissing
    if at is not None:
        if not now <= at <= now + AHEAD:
            raise TimeGone
        refuse_full(post, at)
    post.planned_at = at


def refuse_full(post: Post, at: datetime) -> None:
    """
    Refuse a time at which the channel has no place left. The caller holds the channel's lock.

    :raises SlotTaken: names the posts in the way and the next free slot
    """
    found = slots.verdict(post.channel, at, besides=post.pk)
    if found.is_free:
        return
    limit = connector_of(post.channel.kind).limit
    zone = ZoneInfo(post.tenant.time_zone)
    names = listed(f"“{other.title}” ({_when(other, zone)})" for other in found.in_the_way)
    free = date_format(found.free_at.astimezone(zone), "DATETIME_FORMAT") if found.free_at else ""
    words = _("%(limit)s. In the way: %(names)s.") % {"limit": _limit_words(limit), "names": names}
    if free:
        words += " " + _("The next free slot is %(free)s.") % {"free": free}
    ids = [other.public_id for other in found.in_the_way]
    raise SlotTaken(words, in_the_way=ids, free_at=iso(found.free_at))


def _when(post: Post, zone: ZoneInfo) -> str:
    at = post.published_at or post.planned_at
    return date_format(at.astimezone(zone), "DATETIME_FORMAT") if at else ""


def _limit_words(limit: Limit | None) -> str:
    if limit is None:
        return ""
    if limit.per == "day":
        return (
            ngettext("This channel takes %d post a day", "This channel takes %d posts a day", limit.posts) % limit.posts
        )
    words = ngettext("This channel takes %d post a month", "This channel takes %d posts a month", limit.posts)
    return words % limit.posts


@transaction.atomic
def schedule(*, post: str, at: datetime, by: Actor, now: datetime) -> Post:
    """
    Give an approved post, or one that failed, its time; it goes out then.

    Locks: Channel, Post.

    :raises MovedOn: it is not approved
    :raises TimeGone: the time is past, or more than a year ahead
    :raises SlotTaken: the channel's limit is reached there
    :raises ChannelClosed: the channel takes no more
    """
    found = with_channel(post, S.APPROVED, S.SCHEDULED, S.FAILED)
    if found.channel.retired_at is not None:
        raise ChannelClosed
    refuse_unknown(found)
    if found.state == S.FAILED and not found.approved_by:
        raise PostRefused(_("Nobody has approved this post."))
    _plan(found, at, now=now)
    found.trouble = ""
    if found.state == S.SCHEDULED:
        found.save()
        note(found, "post.planned", gettext_lazy("given another time"), by=by, now=now, planned_at=iso(at))
        return found
    move(found, S.SCHEDULED, gettext_lazy("scheduled"), by=by, now=now, planned_at=iso(at))
    return found


@transaction.atomic
def give_time(*, post: str, at: datetime, by: Actor, now: datetime) -> Post:
    """
    Give a post that is not out yet another time. What waits for a yes goes on waiting; an approved one is scheduled by it.

    Locks: Channel, Post.

    :raises MovedOn: it is being published, published or dropped
    :raises TimeGone: see `schedule`
    :raises SlotTaken: see `schedule`
    :raises ChannelClosed: see `schedule`
    """
    found = with_channel(post, *PLANNABLE)
    if found.state not in (S.DRAFT, S.SUBMITTED, S.WAITING):
        return schedule(post=post, at=at, by=by, now=now)
    if found.channel.retired_at is not None:
        raise ChannelClosed
    _plan(found, at, now=now)
    found.save()
    note(found, "post.planned", gettext_lazy("given another time"), by=by, now=now, planned_at=iso(at))
    return found


@transaction.atomic
def drop(*, post: str, by: Actor, now: datetime) -> Post:
    """
    Drop a post for good; its place on the channel is free.

    Locks: Post.

    :raises MovedOn: it is being published, or was
    """
    found = lock(post, *DROPPABLE)
    if found.state == S.WAITING:
        proofs.taken_back(found, by=by, now=now)
    move(found, S.DROPPED, gettext_lazy("dropped"), by=by, now=now)
    return found


@transaction.atomic
def take_up(*, post: str, by: Actor, now: datetime) -> Post:
    """
    Make a draft of a post again that was handed back, handed over or failed. Its time stays where it is free.

    Locks: Channel, Post.

    :raises MovedOn: it is in another state
    """
    found = with_channel(post, S.EXCUSED, S.HANDED_OVER, S.FAILED)
    refuse_unknown(found)
    at = found.planned_at
    if at and (at <= now or not slots.verdict(found.channel, at, besides=found.pk).is_free):
        found.planned_at = None
    found.approved_by, found.trouble = "", ""
    found.version += 1
    _begin_anew(found)
    move(found, S.DRAFT, gettext_lazy("taken up again"), by=by, now=now)
    return found


def _begin_anew(post: Post) -> None:
    """Forget how far a post that is not out had come on its channel: what was handed in there says what it said before."""
    Sending.objects.filter(post=post).delete()


def _open_channel(public_id: str) -> Channel:
    channel = locked_one(Channel.objects.filter(public_id=public_id).select_related("tenant"))
    if channel.retired_at is not None:
        raise ChannelClosed
    return channel


def refuse_unknown(post: Post) -> None:
    """
    Refuse to go on with a post of which nobody knows whether it is out: a person looks first.

    :raises OutcomeUnknown: see `publishing.confirm`, `publishing.is_not_there`
    """
    if is_unknown(post):
        raise OutcomeUnknown


def note_of(post: Post) -> str:
    """Return what the channel said last about a post that is on its way or out; nothing where it said nothing."""
    if post.state not in (S.SENDING, S.PUBLISHED):
        return ""
    return str(Sending.objects.filter(post=post).values_list("note", flat=True).first() or "")


def is_unknown(post: Post) -> bool:
    """Tell whether publishing failed without anybody knowing whether the post is out."""
    return post.state == S.FAILED and Sending.objects.filter(post=post, is_unsure=True).exists()


def with_channel(post: str, *states: str) -> Post:
    """
    Lock the post's channel, then the post.

    :raises MovedOn: it is in another state
    """
    place = Post.objects.filter(public_id=post).values_list("channel", flat=True).first()
    if place is not None:
        locked_one(Channel.objects.filter(pk=place))
    return lock(post, *states)
