"""
What a post tells the task that it was written for: that it waits for the merchant, how that was answered, that it is out.

The task is the work's; where it takes no such word any more, because it is closed or another post has told it, the post goes on.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _

from ops_console.work import operations as work
from ops_console.work.models import Evidence, Task
from ops_console.work.operations import Proof, TaskRefused
from ops_console.work.proving import EvidenceRefused
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.tasks import enqueue
from tenants.isolation.entrance import inside

from . import pictures
from .models import Post


def waits(post: Post, *, by: Actor, now: datetime) -> None:
    """Tell the post's task that it waits for the merchant. Inside the post's transaction."""
    if Task.objects.filter(public_id=post.task).exists():
        with suppress(TaskRefused):
            question = _("Please read the post “%(title)s”.") % {"title": post.title}
            # The post has a letter of its own.
            work.wait_for_merchant(task=post.task, question=question, by=by, now=now, is_told=True)


def answered(post: Post, *, words: str, by: Actor, now: datetime) -> None:
    """
    Tell the post's task the merchant's yes, or with `words` what should change, if what it waits with is this post; that is no answer to
    another question. Inside the post's transaction.
    """
    if post.asked_at is not None and Task.objects.filter(public_id=post.task).exists():
        asked: dict[str, Any] = {"task": post.task, "tenant_id": post.tenant_id, "asked_at": post.asked_at}
        with suppress(TaskRefused):
            if words:
                work.disagree(**asked, answer=words, by=by, now=now)
            else:
                work.agree(**asked, by=by, now=now)


def taken_back(post: Post, *, by: Actor, now: datetime) -> None:
    """
    Tell the post's task that the merchant is asked no more: it is the agency's again, and missed if nobody does it. Inside the post's
    transaction.
    """
    if Task.objects.filter(public_id=post.task, state=Task.State.WAITING).exists():
        with suppress(TaskRefused):
            work.start(task=post.task, by=by, now=now)


def never_answered(post: Post, *, now: datetime) -> None:
    """
    Excuse the post's task, because its merchant never answered: one about which they were asked in time, and that nobody asks to leave out,
    which takes a yes. Any other is the agency's again. Inside the post's transaction.
    """
    found = Task.objects.filter(public_id=post.task).exclude(state=Task.State.WAITING, asks_to_leave_out=True).first()
    if found is None:
        return
    if post.asked_at is None or post.asked_at >= found.ask_until:
        taken_back(post, by=SYSTEM, now=now)
        return
    with suppress(TaskRefused):
        work.excuse(task=post.task, reason=post.trouble, by=SYSTEM, now=now)


def ask_for(post: Post) -> None:
    """Have the evidence of a published post kept with its task, after the commit."""
    if post.task:
        enqueue("ops_console.posts.keep_evidence", post=post.public_id)


def keep(*, post: str, now: datetime) -> int:
    """
    Keep what shows that a published post is out with its task: its address, its picture, and the mall's own trail where it stands there.

    Return how many pieces this call kept; repeated it keeps none. Never inside a transaction.
    """
    found = (
        Post.objects.filter(public_id=post, state=Post.State.PUBLISHED)
        .select_related("tenant", "author", "channel")
        .first()
    )
    task = Task.objects.filter(public_id=found.task).first() if found else None
    if found is None or task is None:
        return 0
    by = Actor(
        "agency", found.author.get_full_name()[:160], found.author.public_id, clause=found.clause, task=found.task
    )
    known = set(task.evidence.values_list("kind", "url", "text"))
    kept = 0
    for proof in _proofs(found):
        if (proof.kind, proof.url, proof.text) not in known:
            with suppress(EvidenceRefused):
                work.attach(task=found.task, proof=proof, by=by, now=now)
                kept += 1
    return kept


def _proofs(post: Post) -> list[Proof]:
    says = _("“%(title)s” on %(channel)s") % {"title": post.title, "channel": post.channel.name}
    found = [Proof(Evidence.Kind.LINK, text=says, url=post.url) if post.url else Proof(Evidence.Kind.TEXT, text=says)]
    with inside(post.tenant):
        rows = AuditEntry.objects.filter(actor_kind="agency", data__source=post.public_id).order_by("pk")
        entry = rows.values_list("pk", flat=True).first()
    shown = pictures.read(post.picture)
    if shown:
        file = SimpleUploadedFile("picture.jpg", shown, content_type="image/jpeg")
        found.append(Proof(Evidence.Kind.PICTURE, text=says, file=file))
    if entry is not None:
        found.append(Proof(Evidence.Kind.TRAIL, text=says, entry=entry))
    return found
