"""Which state of a post follows which. The only place that writes a state; each change leaves a row in the trail (R4)."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Words, phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import locked_one

from .models import Post
from .refusals import MovedOn

S = Post.State
MOVES: dict[str, frozenset[str]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.WAITING, S.DROPPED}),
    S.SUBMITTED: frozenset({S.APPROVED, S.DRAFT, S.DROPPED}),
    S.WAITING: frozenset({S.APPROVED, S.DRAFT, S.EXCUSED, S.DROPPED}),
    S.APPROVED: frozenset({S.SCHEDULED, S.HANDED_OVER, S.DRAFT, S.DROPPED}),
    S.SCHEDULED: frozenset({S.SENDING, S.APPROVED, S.HANDED_OVER, S.FAILED, S.DRAFT, S.DROPPED}),
    S.SENDING: frozenset({S.PUBLISHED, S.FAILED}),
    S.FAILED: frozenset({S.SCHEDULED, S.PUBLISHED, S.HANDED_OVER, S.DRAFT, S.DROPPED}),
    S.HANDED_OVER: frozenset({S.PUBLISHED, S.DRAFT, S.DROPPED}),
    S.EXCUSED: frozenset({S.DRAFT, S.DROPPED}),
    S.PUBLISHED: frozenset(),
    S.DROPPED: frozenset(),
}


def lock(public_id: str, *states: str) -> Post:
    """
    Lock a post and return it with its channel and mall, in one of the states (any, where none is named).

    :raises MovedOn: it is in another state
    """
    rows = Post.objects.filter(public_id=public_id).select_related("channel", "tenant", "author")
    post = locked_one(rows)
    if states and post.state not in states:
        raise MovedOn(state=post.state)
    return post


def move(post: Post, to: str, summary: Words, *, by: Actor, now: datetime, **data: object) -> None:
    """
    Bring a locked post into another state, save all of it, and leave the row in the trail.

    :raises MovedOn: no way leads from its state to that one
    """
    if to not in MOVES[post.state]:
        raise MovedOn(state=post.state)
    before, post.state, post.changed_at = post.state, to, now
    post.save()
    note(post, f"post.{to}", summary, by=by, now=now, before=before, **data)


def note(post: Post, action: str, summary: Words, *, by: Actor, now: datetime, **data: object) -> None:
    """Leave a row in the platform's trail about a post: who, for which mall, by which clause, for which task."""
    acting = Actor(
        kind=by.kind,
        name=by.name,
        public_id=by.public_id,
        on_behalf_of=post.tenant.name[:160] if by.kind in ("agency", "system") else "",
        clause=post.clause,
        task=post.task,
    )
    facts = {"mall": post.tenant.public_id, "contract": post.contract, "version": post.version}
    audit.record(
        action=action,
        subject=("post", post.public_id),
        summary=phrase(_("“%(title)s” for %(mall)s: %(what)s"), title=post.title, mall=post.tenant.name, what=summary),
        by=acting,
        now=now,
        **{**facts, **data},
    )
