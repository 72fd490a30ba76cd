"""What the clock does to tasks: who is away is covered, malls that stand still are excused, what was not done is missed and told."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM
from saas.kernel.locking import locked
from saas.kernel.tasks import enqueue, known_tasks

from . import covering, pausing
from .models import Pause, Task
from .trail import told

# Called for each missed task, if the slice that gives credits is there.
TOLD = "ops_console.reports.task_missed"
_BATCH = 500
_UNANSWERED = _("The merchant did not answer in time: %(question)s")
_ANSWERED_LATE = _("The merchant’s answer came too late for it.")


def sweep(*, now: datetime) -> int:
    """
    Do what the clock asks for, and return how many tasks lapsed. Never inside a transaction. Repeated it changes nothing.

    A task that lapses is excused when pauses, or questions that were put to the merchant in time, left too little time for it, and missed
    otherwise.
    """
    covering.take_from_departed(by=SYSTEM, now=now)
    covering.cover_left_over(now=now)
    pausing.follow_suspensions(now=now)
    pausing.follow_mandates(now=now)
    lapsed = 0
    while found := _lapse(now=now):
        lapsed += found
    return lapsed


@transaction.atomic
def _lapse(*, now: datetime) -> int:
    """Close a batch of tasks whose time is over. Locks: Task."""
    rows = Task.objects.filter(state__in=Task.STANDING, lapses_at__lte=now)
    keys = list(rows.order_by("lapses_at").values_list("pk", flat=True)[:_BATCH])
    found = locked(Task.objects.filter(pk__in=keys, state__in=Task.STANDING).select_related("tenant"))
    pauses = pausing.pauses_of(found)
    for task in found:
        task.closed_at = now
        # The merchant reads the reason, with the task and in reports.
        with override(task.tenant.language or "en"):
            task.state, task.reason = _outcome(task, pauses.get(task.tenant_id, []))
    Task.objects.bulk_update(found, ["state", "reason", "closed_at"], batch_size=_BATCH)
    for task in found:
        _tell(task, now=now)
    return len(found)


def _outcome(task: Task, pauses: list[Pause]) -> tuple[str, str]:
    if held := pausing.excusing(task, pauses):
        return Task.State.EXCUSED, str(Pause.Cause(held.cause).label)
    # A question put when half of the time was over is no reason: the merchant had none to answer. Silence lets nothing be left out.
    if not pausing.is_kept_waiting(task, pauses):
        return Task.State.MISSED, ""
    if task.is_asked_in_time:
        return Task.State.EXCUSED, (str(_UNANSWERED) % {"question": task.reason})[:300]
    return Task.State.EXCUSED, str(_ANSWERED_LATE)


def _tell(task: Task, *, now: datetime) -> None:
    is_missed = task.state == Task.State.MISSED
    audit.record(
        action="work.missed" if is_missed else "work.excused", subject=("task", task.public_id), by=SYSTEM, now=now,
        summary=told(task, _("Missed") if is_missed else phrase(_("Excused: %(words)s"), words=task.reason)),
        mall=task.tenant.public_id, clause=task.clause, contract=task.contract,
    )  # fmt: skip
    if is_missed and TOLD in known_tasks():
        enqueue(TOLD, task=task.public_id)
