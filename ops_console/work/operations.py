"""Writes of the work. See also `planning` (contracts become tasks), `proving` (evidence) and `pausing` (nothing is missed)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.packages.trade import named
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import Words, phrase
from saas.kernel.actors import Actor, refuse_all_but_merchant
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.ui.formats import listed

from . import cadence, covering
from .models import Evidence, Task
from .pausing import pause, resume
from .planning import Commission, PlanRefused, compile, end_plans  # noqa: A004 - the act's name
from .proving import Proof, attach, remove
from .trail import told

__all__ = [
    "Commission", "PlanRefused", "Proof", "agree", "attach", "compile", "disagree", "end_plans", "excuse", "finish", "hand_over",
    "leave_out", "pause", "remove", "resume", "start", "tick", "undo_finish", "wait_for_merchant",
]  # fmt: skip
# For so long after it was finished a task can be taken back.
UNDO = timedelta(minutes=30)
MOST_MINUTES = 24 * 60
MINIMUM_REASON = 5


class TaskRefused(DomainError):
    """The task does not take this act now."""

    code = "task_refused"


class TaskClosed(TaskRefused):
    """It is done, missed, excused or cancelled."""

    code = "task_closed"


class NotYet(TaskRefused):
    """Its day has not come."""

    code = "task_not_yet"


class AnotherQuestion(TaskRefused):
    """The answer is to a question that it waits with no more."""

    message = gettext_lazy("The question is another one now. Read it again.")


class NotReady(TaskRefused):
    """Something that the contract asks for is missing; `missing` says what, in words."""

    code = "task_not_ready"


@transaction.atomic
def start(*, task: str, by: Actor, now: datetime) -> Task:
    """
    Take a task in hand. Locks: Task.

    :raises TaskClosed: it is closed
    """
    found = _standing(task)
    if found.state != Task.State.DOING:
        found.state, found.started_at = Task.State.DOING, found.started_at or now
        found.reason, found.waiting_since_at, found.asks_to_leave_out = "", None, False
        found.save(update_fields=["state", "started_at", "reason", "waiting_since_at", "asks_to_leave_out"])
        _note(found, "work.started", gettext_lazy("Taken in hand"), by=by, now=now)
    return found


@transaction.atomic
def tick(*, task: str, item: int, is_done: bool, by: Actor, now: datetime) -> Task:
    """
    Tick a line of the checklist, or take the tick back. Locks: Task.

    :raises TaskClosed: it is closed
    :raises TaskRefused: there is no such line
    """
    found = _standing(task)
    if not 0 <= item < len(found.terms.checklist):
        raise TaskRefused(_("The checklist has no such line."))
    found.checked = sorted({*found.checked, item} if is_done else {*found.checked} - {item})
    found.save(update_fields=["checked"])
    if found.state == Task.State.OPEN:
        start(task=task, by=by, now=now)
    return found


@transaction.atomic
def finish(*, task: str, minutes: int, note: str = "", by: Actor, now: datetime) -> Task:
    """
    Say that a task is done, in so many minutes. Of two who finish at once, one does. Locks: Task.

    :raises TaskClosed: it was done before, or is missed, excused or cancelled
    :raises NotYet: before its day in the mall's calendar
    :raises NotReady: a line of the checklist, evidence that the contract asks for, or the merchant's agreement is missing
    :raises TaskRefused: minutes that nobody can have worked
    """
    found = _standing(task)
    if now >= found.lapses_at:
        raise TaskClosed(_("The time for this task is over. It is noted as missed or excused."))
    zone = found.plan.time_zone if found.plan else found.tenant.time_zone
    if found.opens_at > now and found.occurs_on > cadence.today(zone, now=now):
        raise NotYet(
            _("This is work of %(day)s. It can be finished from that day on.") % {"day": date_format(found.occurs_on)}
        )
    if not 0 <= minutes <= MOST_MINUTES:
        raise TaskRefused(_("Say how many minutes it took: 0 to %(most)s.") % {"most": MOST_MINUTES}, field="minutes")
    lacking = missing(found)
    if lacking:
        raise NotReady(_("Not yet: %(missing)s.") % {"missing": listed(lacking)}, missing=lacking)
    found.state, found.done_at, found.closed_at = Task.State.DONE, now, now
    found.done_by, found.minutes_spent = User.objects.filter(public_id=by.public_id).first(), minutes
    found.note, found.reason = note.strip() or found.note, ""
    found.waiting_since_at, found.asks_to_leave_out = None, False
    fields = ["state", "done_at", "closed_at", "done_by", "minutes_spent", "note", "reason"]
    found.save(update_fields=[*fields, "waiting_since_at", "asks_to_leave_out"])
    _note(found, "work.done", gettext_lazy("Done late") if found.was_late else gettext_lazy("Done"), by=by, now=now)
    return found


@transaction.atomic
def undo_finish(*, task: str, by: Actor, now: datetime) -> Task:
    """
    Take a finish back, within `UNDO`; the task is in hand again. Locks: Task.

    :raises TaskRefused: it is not done, it was finished longer ago, or its time is over, so that it would be missed
    """
    found = _locked(task)
    if found.state != Task.State.DONE or found.done_at is None or now >= found.done_at + UNDO:
        raise TaskRefused(_("Only what was finished in the last 30 minutes can be taken back."))
    if now >= found.lapses_at:
        raise TaskRefused(_("The time for this task is over. Taken back it would be missed, so it stays done."))
    found.state, found.done_at, found.closed_at, found.done_by = Task.State.DOING, None, None, None
    found.save(update_fields=["state", "done_at", "closed_at", "done_by"])
    _note(found, "work.reopened", gettext_lazy("Finishing was taken back"), by=by, now=now)
    return found


@transaction.atomic
def hand_over(*, task: str, to: User, note: str, by: Actor, now: datetime) -> Task:
    """
    Give a task to somebody else, with a word for them; who is away is covered as ever. Locks: Task.

    :raises TaskClosed: it is closed
    :raises TaskRefused: the other is no longer with the agency, or is away and nobody covers
    """
    found = _standing(task)
    if not to.is_active or to.kind != User.Kind.AGENCY:
        raise TaskRefused(_("%(name)s is not with the agency.") % {"name": to.get_full_name()}, field="to")
    found.assignee, found.covers_for = to, None
    covering.settle([found], today=cadence.today(found.zone, now=now))
    if found.assignee_id is None:
        raise TaskRefused(_("%(name)s is away, and nobody covers.") % {"name": to.get_full_name()}, field="to")
    if note.strip():
        found.note = f"{found.note}\n{note.strip()}".strip()
    found.save(update_fields=["assignee", "covers_for", "note"])
    words = phrase(gettext_lazy("Handed to %(name)s"), name=to.get_full_name())
    if found.covers_for_id:
        cover = User.objects.get(pk=found.assignee_id).get_full_name()
        words = phrase(
            gettext_lazy("Handed to %(name)s, who is away: %(cover)s covers"), name=to.get_full_name(), cover=cover
        )
    _note(found, "work.handed_over", words, by=by, now=now, to=to.public_id)
    return found


@transaction.atomic
def wait_for_merchant(*, task: str, question: str, by: Actor, now: datetime, is_told: bool = False) -> Task:
    """
    Put a task to the merchant: it waits, and is excused instead of missed when no answer comes or it comes too late, if the question was
    put before half of the time until it is due was over. Locks: Task.

    The sweep writes to the merchant once for each time that it waits (`asking`); with `is_told` whoever calls does that.

    :raises TaskClosed: it is closed
    :raises TaskRefused: no question
    """
    _refuse_short(question, _("Say what the merchant has to decide or send."))
    found = _standing(task)
    if found.state != Task.State.WAITING or found.asks_to_leave_out or is_told:
        found.merchant_told_at = now if is_told else None
    _wait(found, question, to_leave_out=False, now=now)
    _note(
        found,
        "work.asked_merchant",
        phrase(gettext_lazy("Waits for the merchant: %(words)s"), words=question),
        by=by,
        now=now,
    )
    return found


@transaction.atomic
def agree(*, task: str, tenant_id: int, by: Actor, now: datetime, asked_at: datetime | None = None) -> Task:
    """
    Let the merchant agree to what a task of the own mall waits for. Locks: Task.

    :param asked_at: when the question was put that is answered, its `waiting_since_at`; None is whatever it waits for
    :raises OnlyTheMerchant: somebody else answers
    :raises TaskRefused: it waits for nothing, for another answer (`leave_out`) or with another question, or is another mall's
    """
    found = _asked(task, tenant_id, by, asked_at)
    if found.asks_to_leave_out:
        raise AnotherQuestion
    _keep_wait(found, now=now)
    found.agreed_at, found.agreed_by = now, by.name[:160]
    found.state, found.waiting_since_at = Task.State.DOING, None
    found.save(update_fields=["agreed_at", "agreed_by", "state", "waiting_since_at", "waits"])
    _note(found, "work.agreed", gettext_lazy("The merchant agreed"), by=by, now=now)
    return found


@transaction.atomic
def leave_out(*, task: str, tenant_id: int, by: Actor, now: datetime, asked_at: datetime | None = None) -> Task:
    """
    Let the merchant agree that a task of the own mall is left out: it is excused, and nothing is given back. Locks: Task.

    :raises OnlyTheMerchant: somebody else answers
    :param asked_at: as for `agree`
    :raises TaskRefused: that was not asked, or not any more, or it is another mall's
    """
    found = _asked(task, tenant_id, by, asked_at)
    if not found.asks_to_leave_out:
        raise AnotherQuestion
    found.agreed_at, found.agreed_by = now, by.name[:160]
    found.state, found.closed_at, found.asks_to_leave_out = Task.State.EXCUSED, now, False
    found.save(update_fields=["agreed_at", "agreed_by", "state", "closed_at", "asks_to_leave_out"])
    _note(
        found, "work.excused", phrase(gettext_lazy("Left out, the merchant agreed: %(words)s"), words=found.reason), by=by, now=now
    )  # fmt: skip
    return found


@transaction.atomic
def disagree(
    *, task: str, tenant_id: int, answer: str, by: Actor, now: datetime, asked_at: datetime | None = None
) -> Task:
    """
    Let the merchant say what should be otherwise; the task is in hand again. Locks: Task.

    :param asked_at: as for `agree`
    :raises OnlyTheMerchant: somebody else answers
    :raises TaskRefused: it waits for nothing or with another question, is another mall's, or nothing is said
    """
    _refuse_short(answer, _("Say what should be otherwise."))
    found = _asked(task, tenant_id, by, asked_at)
    _keep_wait(found, now=now)
    found.state, found.waiting_since_at, found.reason = Task.State.DOING, None, answer.strip()[:300]
    found.asks_to_leave_out = False
    found.save(update_fields=["state", "waiting_since_at", "reason", "asks_to_leave_out", "waits"])
    _note(
        found, "work.answered", phrase(gettext_lazy("The merchant answered: %(words)s"), words=answer), by=by, now=now
    )
    return found


@transaction.atomic
def excuse(*, task: str, reason: str, by: Actor, now: datetime) -> Task:
    """
    Say that a task is not to be done, and why; the merchant reads it, and nothing is missed or credited. Locks: Task.

    What the contract gives something back for the agency's people cannot excuse by themselves: the merchant is asked (`leave_out`), and
    without a yes it is missed.

    :raises TaskClosed: it is closed
    :raises TaskRefused: no reason
    """
    _refuse_short(reason, _("Say why in a sentence. The merchant reads it."))
    found = _standing(task)
    if by.kind == "agency" and found.terms.credit_minor:
        if not found.asks_to_leave_out:
            found.merchant_told_at = None
        _wait(found, reason, to_leave_out=True, now=now)
        words = phrase(gettext_lazy("The merchant is asked to leave it out: %(words)s"), words=reason)
        _note(found, "work.asked_merchant", words, by=by, now=now)
        return found
    found.state, found.reason, found.closed_at = Task.State.EXCUSED, reason.strip()[:300], now
    found.save(update_fields=["state", "reason", "closed_at"])
    _note(found, "work.excused", phrase(gettext_lazy("Excused: %(words)s"), words=reason), by=by, now=now)
    return found


def missing(task: Task) -> list[str]:
    """Return in words what the contract asks for and the task does not have yet."""
    terms, lacking = task.terms, []
    left = [named(text) for item, text in enumerate(terms.checklist) if item not in task.checked]
    if left:
        lacking.append(_("“%(line)s” of the checklist") % {"line": "”, “".join(left)})
    have = set(task.evidence.values_list("kind", flat=True))
    words = dict(Evidence.Kind.choices)
    lacking += [str(words[kind]).lower() for kind in terms.evidence if kind not in have]
    if terms.needs_merchant and task.agreed_at is None:
        lacking.append(_("the merchant’s agreement"))
    return lacking


def _wait(found: Task, question: str, *, to_leave_out: bool, now: datetime) -> None:
    found.state, found.reason, found.waiting_since_at = Task.State.WAITING, question.strip()[:300], now
    found.agreed_at, found.agreed_by, found.asks_to_leave_out = None, "", to_leave_out
    fields = ["state", "reason", "waiting_since_at", "merchant_told_at", "agreed_at", "agreed_by", "asks_to_leave_out"]
    found.save(update_fields=fields)


def _locked(task: str) -> Task:
    return locked_one(Task.objects.filter(public_id=task).select_related("plan", "tenant"))


def _standing(task: str) -> Task:
    """
    Return the locked task.

    :raises TaskClosed: it is closed
    """
    found = _locked(task)
    if found.is_standing:
        return found
    if found.done_by:
        name = found.done_by.get_full_name()
        raise TaskClosed(_("%(name)s has finished this task already.") % {"name": name})
    raise TaskClosed(_("This task is closed: %(state)s.") % {"state": found.get_state_display()})


def _asked(task: str, tenant_id: int, by: Actor, asked_at: datetime | None) -> Task:
    refuse_all_but_merchant(by)
    own = Task.objects.filter(public_id=task, tenant=tenant_id)
    found = _locked(task) if own.exists() else None
    if found is None or found.state != Task.State.WAITING:
        raise TaskRefused(_("This waits for no answer of yours any more."))
    if asked_at is not None and asked_at != found.waiting_since_at:
        raise AnotherQuestion
    return found


def _keep_wait(found: Task, *, now: datetime) -> None:
    """Keep how long an answer took that comes now, if it was asked for in time: a late one may excuse the task."""
    if found.is_asked_in_time and found.waiting_since_at:
        found.waits = [*found.waits, [found.waiting_since_at.isoformat(), now.isoformat()]]


def _refuse_short(text: str, message: str) -> None:
    if sum(sign.isalnum() for sign in text) < MINIMUM_REASON:
        raise TaskRefused(message, field="reason")


def _note(task: Task, action: str, words: Words, *, by: Actor, now: datetime, **data: object) -> None:
    audit.record(
        action=action, subject=("task", task.public_id), summary=told(task, words), by=by, now=now,
        mall=task.tenant.public_id, clause=task.clause, contract=task.contract, **data,
    )  # fmt: skip
