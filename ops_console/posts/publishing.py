"""
Publishing: safe to kill at any moment and to repeat, and never posted twice.

A step is claimed in one transaction (the row says that a call is under way, and until when), the call happens outside any
transaction, and how it ended is written in another one. Whoever finds a claim whose time is over does not know whether the call
arrived: the connector is told so, and asks the channel before it acts.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.ids import public_id
from tenants.registry.models import Tenant

from . import pictures, proofs, rights, sealing
from .connectors.base import Connector, Job, Outcome
from .connectors.registry import connector_of
from .models import Post, Sending
from .moves import S, lock, move, note
from .operations import content_of, is_unknown
from .refusals import MandateMissing, MovedOn

logger = logging.getLogger(__name__)
# A call and its record take a minute at most; after this nobody waits for them any more.
LEASE = timedelta(minutes=5)
# What could not go out so long after its time is not posted late, but given back to a person.
LATEST = timedelta(hours=6)
# While nobody knows, the channel is asked again so long.
ASK_FOR = timedelta(hours=24)
MOST_TRIES = 200
# What stands still on its way looks again after this whether it may go on.
LOOK_AGAIN = timedelta(minutes=5)
STEPS_AT_ONCE = 8


@dataclass(frozen=True)
class Claim:
    """A step that this process may take: the connector, its job, and the attempt that it is."""

    connector: Connector
    job: Job
    post: str
    attempt: str


def due(*, now: datetime) -> list[str]:
    """Return the public ids of posts whose time has come, or whose way out goes on now."""
    begin = Post.objects.filter(state=S.SCHEDULED, planned_at__lte=now)
    go_on = Post.objects.filter(state=S.SENDING, sending__next_at__lte=now)
    return [*begin.values_list("public_id", flat=True), *go_on.values_list("public_id", flat=True)]


def publish(*, post: str, now: datetime) -> str:
    """
    Publish a post whose time has come, or go on with it, and return the state that it is in then. Never inside a transaction.

    Repeated, or at two places at once, it posts once.
    """
    for _step in range(STEPS_AT_ONCE):
        claim = _claim(post, now=now)
        if claim is None:
            break
        outcome = _stepped(claim)
        again = _record(claim, outcome, now=now)
        if not again:
            break
    return Post.objects.values_list("state", flat=True).get(public_id=post)


def _stepped(claim: Claim) -> Outcome:
    """Take the step. A connector that breaks off has told us nothing: the next one asks, and after a day a person looks."""
    try:
        return claim.connector.step(claim.job)
    except Exception:  # whatever it was: the post must not stand as "being published" for ever
        logger.exception("the connector broke off a step of the post %s", claim.post)
        return Outcome("unsure", reason=_("The connector broke off."), after_s=int(LEASE.total_seconds()))


@transaction.atomic
def _claim(public_id_: str, *, now: datetime) -> Claim | None:
    """Locks: Post."""
    post = lock(public_id_)
    if post.state == S.SCHEDULED and post.planned_at is not None and post.planned_at <= now:
        if not _begin(post, now=now):
            return None
    elif post.state != S.SENDING:
        return None
    sending = Sending.objects.get(post=post)
    if sending.next_at > now or (sending.is_calling and sending.lease_until_at > now):
        return None
    # What a call may have done already is asked for to its end; anything else is a new step, which wants its right anew.
    if not (sending.is_calling or sending.is_unsure) and not _may_go_on(post, sending, now=now):
        return None
    sending.is_unsure = sending.is_unsure or sending.is_calling
    sending.attempt, sending.is_calling = public_id(), True
    sending.tries += 1
    sending.lease_until_at = now + LEASE
    sending.next_at = now + LEASE
    sending.save()
    return Claim(connector_of(post.channel.kind), _job(post, sending, now=now), post.public_id, sending.attempt)


def _begin(post: Post, *, now: datetime) -> bool:
    """Begin with a scheduled post, or say why not; tell whether it is on its way."""
    late = post.planned_at is not None and post.planned_at + LATEST < now
    if post.channel.retired_at is not None:
        return _fail(post, _("The channel was closed."), now=now)
    if late:
        return _fail(post, _("Its time passed by more than six hours. Give it another one."), now=now)
    right = rights.of(post, at=now)
    if post.tenant.status != Tenant.Status.OPEN or right.may_come:
        return False  # until its mall is open again and the mandate goes on, or it is too late
    if not right.is_given:
        return _fail(post, str(MandateMissing.message), now=now)
    if right.clause and not set(post.clause.split(", ")) <= set(right.clause.split(", ")):
        # Written for a task that gives no right to publish, or by a contract that was amended since.
        post.clause = right.clause
    if connector_of(post.channel.kind).is_by_hand:
        move(post, S.HANDED_OVER, gettext_lazy("handed over, to be posted by hand"), by=SYSTEM, now=now)
        return False
    begun = {"attempt": "", "lease_until_at": now, "next_at": now, "began_at": now}
    sending, _is_new = Sending.objects.get_or_create(post=post, defaults=begun)
    sending.tries, sending.next_at, sending.began_at = 0, now, now
    sending.save()
    move(post, S.SENDING, gettext_lazy("on its way"), by=_by(post), now=now)
    return True


def _may_go_on(post: Post, sending: Sending, *, now: datetime) -> bool:
    """Tell whether a post on its way may take its next step now; what may not stands still, or fails. What is out stays out."""
    right = rights.of(post, at=now)
    if post.tenant.status != Tenant.Status.OPEN or right.may_come:
        if sending.began_at + LATEST < now:
            return _fail(post, _("It was stopped on its way for more than six hours. What is out stays out."), now=now)
        sending.note = _("Stopped on its way, until the mall is open and the agency may go on.")
        sending.next_at = now + LOOK_AGAIN
        sending.save()
        return False
    return right.is_given or _fail(post, str(MandateMissing.message), now=now)


def _fail(post: Post, why: str, *, now: datetime) -> bool:
    post.trouble = why[:400]
    move(post, S.FAILED, why, by=SYSTEM, now=now)
    return False


def _by(post: Post) -> Actor:
    author = post.author
    return Actor(
        kind="agency",
        name=author.get_full_name()[:160],
        public_id=author.public_id,
        on_behalf_of=post.tenant.name[:160],
        clause=post.clause,
        task=post.task,
        reason=post.title,
    )


def _job(post: Post, sending: Sending, *, now: datetime) -> Job:
    return Job(
        post=post.public_id,
        tenant=post.tenant,
        content=content_of(post),
        picture=pictures.read(post.picture),
        settings=dict(post.channel.settings),
        secrets=sealing.unseal(post.channel.sealed),
        progress=dict(sending.progress),
        is_unsure=sending.is_unsure,
        tries=sending.tries,
        by=_by(post),
        now=now,
    )


@transaction.atomic
def _record(claim: Claim, outcome: Outcome, *, now: datetime) -> bool:
    """
    Write down how a step ended; tell whether the next one may follow at once. An attempt that another one has replaced says nothing.

    Locks: Post.
    """
    post = lock(claim.post)
    sending = Sending.objects.get(post=post)
    if sending.attempt != claim.attempt or post.state != S.SENDING:
        logger.warning("a step of the post %s ended after another one had begun", claim.post)
        return False
    sending.is_calling, sending.progress = False, {**sending.progress, **outcome.progress}
    sending.note = str(outcome.reason)[:400]
    sending.next_at = now + timedelta(seconds=outcome.after_s)
    if outcome.kind == "published":
        sending.is_unsure = False
        _published(post, outcome.url, now=now, by=_by(post))
    elif outcome.kind == "refused" or (outcome.kind == "later" and sending.tries >= MOST_TRIES):
        if outcome.kind == "refused":
            # It did not arrive, and what was handed in on the way is not taken: another try begins anew.
            sending.is_unsure, sending.progress = False, {}
        _fail(post, sending.note or _("It could not be published."), now=now)
    elif outcome.kind == "unsure":
        sending.is_unsure = True
        _give_up_asking(post, sending, now=now)
    elif outcome.kind == "going_on":
        sending.is_unsure = sending.began_at + ASK_FOR < now
        _give_up_asking(post, sending, now=now)
    elif sending.began_at + LATEST < now:
        # What an earlier call did is not known any better because this one did not arrive.
        _fail(post, sending.note, now=now)
    sending.save()
    return post.state == S.SENDING and outcome.kind == "going_on" and not outcome.after_s


def _give_up_asking(post: Post, sending: Sending, *, now: datetime) -> None:
    if sending.began_at + ASK_FOR < now:
        said = sending.note or _("the channel did not say")
        words = _("Nobody knows whether it is out: %(said)s Look on the channel, then say here.")
        _fail(post, words % {"said": said}, now=now)


def _published(post: Post, url: str, *, by: Actor, now: datetime) -> None:
    post.published_at, post.url, post.trouble = now, url[:500], ""
    move(post, S.PUBLISHED, pgettext_lazy("post", "published"), by=by, now=now, url=post.url)
    proofs.ask_for(post)


@transaction.atomic
def confirm(*, post: str, url: str, by: Actor, now: datetime) -> Post:
    """
    Say that a post is out: one that was handed over and posted by hand, or one that failed without anybody knowing how.

    Locks: Post.

    :raises MovedOn: it is neither
    """
    found = lock(post, S.HANDED_OVER, S.FAILED)
    if found.state == S.FAILED and not is_unknown(found):
        raise MovedOn(state=found.state)
    Sending.objects.filter(post=found).update(is_unsure=False, is_calling=False)
    _published(found, url, by=by, now=now)
    return found


@transaction.atomic
def is_not_there(*, post: str, by: Actor, now: datetime) -> Post:
    """
    Say that a post of which nobody knew is not out: its way begins anew when it gets another time.

    Locks: Post.

    :raises MovedOn: it has not failed
    """
    found = lock(post, S.FAILED)
    Sending.objects.filter(post=found).delete()
    note(found, "post.not_there", gettext_lazy("looked for and not found on the channel"), by=by, now=now)
    return found


@transaction.atomic
def hand_over(*, post: str, by: Actor, now: datetime) -> Post:
    """
    Hand an approved, scheduled or failed post over, to be posted by hand.

    Locks: Post.

    :raises MovedOn: it is not approved, or out already
    :raises MandateMissing: no contract in force lets the agency post there, or the merchant has paused it
    """
    found = lock(post, S.APPROVED, S.SCHEDULED, S.FAILED)
    if not found.approved_by:
        raise MovedOn(state=found.state)
    if Sending.objects.filter(post=found, is_unsure=True).exists():
        raise MovedOn(state=found.state)
    if not rights.of(found, at=now).is_given:
        raise MandateMissing
    move(found, S.HANDED_OVER, gettext_lazy("handed over, to be posted by hand"), by=by, now=now)
    return found
