"""One act on one kind of task in many malls: asked for once, done task by task, with a result for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.packages import trade
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import Busy, DomainError
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue

from . import operations
from .models import BulkAct, BulkResult, Task
from .proving import Proof

MOST = 500


class BulkRefused(DomainError):
    """The act cannot be done for these tasks."""

    code = "bulk_refused"


@dataclass(frozen=True)
class BulkDraft:
    """
    What is to be done with each task: `verb` of `BulkAct.Verb`; a text or a reason; minutes for each; to whom; `ticked` are the lines of
    the checklists that were done in each mall.
    """

    verb: str
    text: str = ""
    minutes: int = 0
    to: User | None = None
    ticked: tuple[str, ...] = ()


@transaction.atomic
def ask(draft: BulkDraft, *, tasks: Sequence[str], by: Actor, now: datetime) -> BulkAct:
    """
    Ask for one act on tasks of one template, and return what is to be watched. A task of the background does it.

    :raises BulkRefused: no tasks or too many, of several templates, or what the verb needs is missing
    """
    found = list(Task.objects.filter(public_id__in=tasks).order_by("pk"))
    if not found or len(found) > MOST:
        raise BulkRefused(_("Choose 1 to %(most)s tasks.") % {"most": MOST})
    if not is_one_kind(found):
        raise BulkRefused(_("Choose tasks of one kind: one text cannot be true for different ones."))
    if draft.verb == BulkAct.Verb.ASSIGN and draft.to is None:
        raise BulkRefused(_("Say to whom."), field="to")
    if draft.verb != BulkAct.Verb.ASSIGN and len(draft.text.strip()) < operations.MINIMUM_REASON:
        raise BulkRefused(_("Write a sentence. The merchants read it."), field="text")
    act = BulkAct.objects.create(
        verb=draft.verb, text=draft.text.strip(), minutes=draft.minutes, to=draft.to, title=found[0].title,
        ticked=list(draft.ticked),
        by_kind=by.kind, by_id=by.public_id, by_name=by.name[:160], asked_at=now,
    )  # fmt: skip
    BulkResult.objects.bulk_create(BulkResult(act=act, task=task) for task in found)
    audit.record(
        action="work.bulk", subject=("bulk", act.public_id), by=by, now=now,
        summary=phrase(
            gettext_lazy("%(verb)s: %(count)d × %(task)s"), verb=BulkAct.Verb(act.verb).label, count=len(found), task=trade.told(act.title)
        ),
    )  # fmt: skip
    enqueue("ops_console.work.do_bulk", act=act.public_id)
    return act


def do(*, act: str, now: datetime) -> int:
    """
    Do what is left of an act, task by task, and return how many were done. Never inside a transaction. Begun again it goes on where it
    stopped; of two processes at once each task is done by one.
    """
    found = BulkAct.objects.select_related("to").get(public_id=act)
    done = 0
    for key in list(found.results.filter(done_at=None).order_by("pk").values_list("pk", flat=True)):
        done += _one(found, key, now=now)
    return done


def is_one_kind(tasks: Iterable[Task]) -> bool:
    """Tell whether one text can be true for all of them: they are of one template, or have one title where none has a template."""
    return len({task.template or task.title for task in tasks}) <= 1


def lines_of(tasks: Sequence[Task]) -> list[str]:
    """Return the lines of the checklists of tasks that are not ticked yet, each once, in their order."""
    left = (line for task in tasks for item, line in enumerate(task.terms.checklist) if item not in task.checked)
    return list(dict.fromkeys(left))


def unfinished(*, before: datetime) -> list[str]:
    """Return the acts that were asked for before an instant and have something left, for the sweep."""
    rows = BulkAct.objects.filter(asked_at__lt=before, results__done_at=None).distinct()
    return list(rows.order_by("pk").values_list("public_id", flat=True)[:20])


def _one(act: BulkAct, key: int, *, now: datetime) -> bool:
    """Do one task in a transaction with its result. Locks: BulkResult, Task."""
    with transaction.atomic():
        result = locked_one(BulkResult.objects.filter(pk=key).select_related("task__plan"))
        if result.done_at is not None:
            return False
        try:
            with transaction.atomic():
                _apply(act, result.task, now=now)
        except Busy:
            return False
        except DomainError as refusal:
            result.problem = str(refusal)[:300]
        result.done_at = now
        result.save(update_fields=["problem", "done_at"])
    return not result.problem


def _apply(act: BulkAct, one: Task, *, now: datetime) -> None:
    by, task = act.by, one.public_id
    if act.verb == BulkAct.Verb.ASSIGN and act.to:
        operations.hand_over(task=task, to=act.to, note=act.text, by=by, now=now)
    elif act.verb == BulkAct.Verb.EXCUSE:
        operations.excuse(task=task, reason=act.text, by=by, now=now)
    else:
        for item, line in enumerate(one.terms.checklist):
            if line in act.ticked and item not in one.checked:
                operations.tick(task=task, item=item, is_done=True, by=by, now=now)
        operations.attach(task=task, proof=Proof("text", text=act.text), by=by, now=now)
        operations.finish(task=task, minutes=act.minutes, note=act.text, by=by, now=now)
