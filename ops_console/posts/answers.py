"""
Answers to posts: a colleague's, the merchant's, and none. A merchant who never answers is reminded once; after the agreed days the
post is handed back, visibly, and nobody waits for ever.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy, ngettext

from saas.accounts.models import User
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor, refuse_all_but_merchant
from saas.kernel.tasks import enqueue
from tenants.registry.models import Tenant

from . import proofs, slots
from .models import Post
from .moves import S, lock, move, note
from .operations import iso, refuse_content, with_channel
from .refusals import AnswerMissing, ChannelClosed, MovedOn, NotOneself, OtherVersion

# A merchant who has not answered hears of it again when so much of the time is left.
REMIND_BEFORE = timedelta(days=1)


@transaction.atomic
def submit(*, post: str, by: Actor, now: datetime) -> Post:
    """
    Ask for the approval: the merchant's where contract or channel say so, else a colleague's.

    Locks: Post.

    :raises MovedOn: it is no draft
    :raises ChannelClosed: the channel takes no more
    :raises ContentRefused: the channel would not take it
    """
    found = lock(post, S.DRAFT)
    if found.channel.retired_at is not None:
        raise ChannelClosed
    refuse_content(found)
    found.asked_at, found.reminded_at, found.change_asked, found.change_asked_by = now, None, "", ""
    if not found.needs_merchant:
        move(found, S.SUBMITTED, gettext_lazy("submitted to a colleague"), by=by, now=now)
        return found
    found.answer_until_at = now + timedelta(days=found.channel.answer_days)
    move(found, S.WAITING, gettext_lazy("submitted to the merchant"), by=by, now=now, until=iso(found.answer_until_at))
    enqueue("ops_console.posts.ask_merchant", post=found.public_id, is_reminder=False)
    proofs.waits(found, by=by, now=now)
    return found


@transaction.atomic
def approve(*, post: str, version: int, person: User, by: Actor, now: datetime) -> Post:
    """
    Approve as a colleague who did not write it. With a free time ahead it is scheduled at once.

    Locks: Channel, Post.

    :raises MovedOn: it does not wait for a colleague
    :raises OtherVersion: it was edited since it was read
    :raises NotOneself: the person wrote it
    """
    found = with_channel(post, S.SUBMITTED)
    if found.author_id == person.pk:
        raise NotOneself
    return _approve(found, version, by=by, now=now)


@transaction.atomic
def approve_as_merchant(*, post: str, tenant: Tenant, version: int, by: Actor, now: datetime) -> Post:
    """
    Approve as the merchant, in person. With a free time ahead it is scheduled at once.

    Locks: Channel, Post.

    :raises OnlyTheMerchant: somebody of the agency, or on the merchant's behalf
    :raises MovedOn: it is another mall's, or does not wait for the merchant
    :raises OtherVersion: it was edited since it was read
    """
    refuse_all_but_merchant(by)
    found = with_channel(post, S.WAITING)
    if found.tenant_id != tenant.pk:
        raise MovedOn
    _approve(found, version, by=by, now=now)
    proofs.answered(found, words="", by=by, now=now)
    return found


def _approve(found: Post, version: int, *, by: Actor, now: datetime) -> Post:
    if found.version != version:
        raise OtherVersion
    found.approved_by, found.answer_until_at = by.name[:160], None
    move(found, S.APPROVED, gettext_lazy("approved"), by=by, now=now)
    if (
        found.planned_at
        and found.planned_at > now
        and slots.verdict(found.channel, found.planned_at, besides=found.pk).is_free
    ):
        move(found, S.SCHEDULED, gettext_lazy("scheduled"), by=by, now=now, planned_at=iso(found.planned_at))
    return found


@transaction.atomic
def ask_change(*, post: str, version: int, words: str, by: Actor, now: datetime) -> Post:
    """
    Give a post back to its author with what should change: a colleague from `submitted`.

    Locks: Post.

    :raises MovedOn: it does not wait for a colleague
    :raises AnswerMissing: nothing was said
    """
    return _give_back(lock(post, S.SUBMITTED), version, words, by=by, now=now)


@transaction.atomic
def ask_change_as_merchant(*, post: str, tenant: Tenant, version: int, words: str, by: Actor, now: datetime) -> Post:
    """
    Give a post back as the merchant, with what should change; also one that is approved or scheduled already.

    Locks: Post.

    :raises OnlyTheMerchant: somebody of the agency, or on the merchant's behalf
    :raises MovedOn: it is another mall's, or on its way out
    :raises AnswerMissing: nothing was said
    """
    refuse_all_but_merchant(by)
    found = lock(post, S.WAITING, S.APPROVED, S.SCHEDULED)
    if found.tenant_id != tenant.pk:
        raise MovedOn
    _give_back(found, version, words, by=by, now=now)
    proofs.answered(found, words=words, by=by, now=now)
    return found


def _give_back(found: Post, version: int, words: str, *, by: Actor, now: datetime) -> Post:
    words = words.strip()
    if found.version != version:
        raise OtherVersion
    if not any(sign.isalnum() for sign in words):
        raise AnswerMissing
    found.change_asked, found.change_asked_by, found.answer_until_at = words[:2000], by.name[:160], None
    found.approved_by = ""
    move(found, S.DRAFT, phrase(gettext_lazy("a change is asked for: %(words)s"), words=words[:150]), by=by, now=now)
    return found


@transaction.atomic
def remind(*, post: str, now: datetime) -> bool:
    """
    Remind the merchant of a post that waits, once; return whether this call did.

    Locks: Post.
    """
    found = lock(post)
    if found.state != S.WAITING or found.reminded_at is not None:
        return False
    found.reminded_at = now
    found.save(update_fields=["reminded_at"])
    note(found, "post.reminded", gettext_lazy("the merchant was reminded"), by=SYSTEM, now=now)
    enqueue("ops_console.posts.ask_merchant", post=found.public_id, is_reminder=True)
    return True


@transaction.atomic
def hand_back(*, post: str, now: datetime) -> bool:
    """
    Hand a post back that the merchant never answered within the agreed days; return whether this call did.

    Locks: Post.
    """
    found = lock(post)
    if found.state != S.WAITING or found.answer_until_at is None or found.answer_until_at > now:
        return False
    days = found.channel.answer_days
    found.trouble = (
        ngettext("The merchant did not answer within %d day.", "The merchant did not answer within %d days.", days)
        % days
    )
    move(found, S.EXCUSED, found.trouble, by=SYSTEM, now=now)
    proofs.never_answered(found, now=now)
    return True


def sweep(*, now: datetime) -> int:
    """Remind of posts whose time to answer ends soon, and hand those back whose time has ended; return how many were touched."""
    touched = 0
    waiting = Post.objects.filter(state=S.WAITING, answer_until_at__lte=now + REMIND_BEFORE)
    for public_id, until in waiting.values_list("public_id", "answer_until_at"):
        act = hand_back if until and until <= now else remind
        touched += act(post=public_id, now=now)
    return touched
