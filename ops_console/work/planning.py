"""From a signed contract to plans, and from plans to tasks: each day's task once, whatever was down, and the past untouched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked
from tenants.registry.models import Tenant

from . import cadence, clauses, covering
from .clauses import Clause
from .models import Plan, Task

# Tasks stand so many days ahead, so that people can see their month.
HORIZON_DAYS = 35
_BATCH = 200
_ENDED_AT_ONCE = _("The contract ended at once, before the time for it was over.")
_ENDED = _("The contract ended before it was due.")


class PlanRefused(DomainError):
    """The contract cannot be turned into work."""

    code = "plan_refused"


@dataclass(frozen=True)
class Commission:
    """
    Which contract's version begins to be worked when, by whom: from `starts_on` to before `ends_on` (None: until it is ended), days of
    the mall's calendar.
    """

    contract: str
    version: int
    tenant: Tenant
    starts_on: date
    ends_on: date | None
    assignee: User | None


@transaction.atomic
def compile(commission: Commission, *, clauses: Sequence[Clause], by: Actor, now: datetime) -> list[Plan]:  # noqa: A001 - the act's name
    """
    Turn a signed version into plans and their first tasks; also an amendment: the former version's plans end on the day on which this one
    begins. Repeated for the same version it changes nothing. Locks: Plan, Task.

    A clause that the amendment keeps goes on in its rhythm, and what of its first day has opened already stays as it is. What was due
    before it was signed has its hours from now on.

    :raises PlanRefused: it begins before today, ends before it begins, two clauses have one number
    :raises ClauseRefused: a clause cannot be kept
    :raises CadenceRefused: a cadence never fires within a year
    """
    known = Plan.objects.filter(contract=commission.contract, version=commission.version)
    if known.exists():
        return list(known.order_by("pk"))
    _refuse(commission, clauses, now=now)
    former = {_promise(one.terms): one for one in _former(commission)}
    kept = _opened([former[_promise(one)] for one in clauses if _promise(one) in former], commission.starts_on, now=now)
    _end(commission.contract, commission.starts_on, by=by, now=now, kept=kept.values())
    plans = [_plan_of(commission, one, former.get(_promise(one)), is_begun=_promise(one) in kept) for one in clauses]
    Plan.objects.bulk_create(plans)
    _make_tasks(plans, now=now, signed_at=now)
    audit.record(
        action="work.compiled",
        subject=("contract", commission.contract),
        summary=phrase(
            _("%(mall)s: from version %(version)d came %(count)d plans, from %(day)s on"),
            mall=commission.tenant.name,
            version=commission.version,
            count=len(plans),
            day=commission.starts_on,
        ),
        by=by,
        now=now,
        mall=commission.tenant.public_id,
    )
    return plans


@transaction.atomic
def end_plans(*, contract: str, ends_on: date, by: Actor, now: datetime, at_once: bool = False) -> int:
    """
    End a contract's plans before the day `ends_on` and cancel what stands from then on; return how many tasks. What was before stays.

    Once that day has come, what is not due yet is cancelled too, or excused if it ended `at_once`, before anybody could know. What was due
    before is missed when it lapses, and credited: only the merchant agrees to leave it out. Locks: Plan, Task.
    """
    cancelled = _end(contract, ends_on, by=by, now=now, kept=_overdue(contract, now=now) if at_once else ())
    plans = Plan.objects.filter(contract=contract)
    zone = plans.values_list("time_zone", flat=True).first()
    if zone is None or cadence.today(zone, now=now) < ends_on:
        return cancelled
    left = Task.objects.filter(plan__in=plans, state__in=Task.STANDING, due_at__gt=now)
    found = locked(left.select_related("tenant"))
    state = Task.State.EXCUSED if at_once else Task.State.CANCELLED
    with override((found[0].tenant.language if found else "") or "en"):  # the merchant reads it
        reason = str(_ENDED_AT_ONCE if at_once else _ENDED)
    Task.objects.filter(pk__in=[task.pk for task in found]).update(state=state, closed_at=now, reason=reason)
    return cancelled + len(found)


def generate(*, now: datetime) -> int:
    """
    Make the tasks of all plans for the next `HORIZON_DAYS`, from where each stopped, and return how many. Never inside a transaction.

    Repeated it makes nothing twice; after days without it, it makes what is missing.
    """
    made, last = 0, 0
    # The day that it is furthest east; `_make_tasks` knows each mall's own.
    furthest = (now + timedelta(days=HORIZON_DAYS + 1)).date()
    while True:
        with transaction.atomic():
            going = Q(ends_on=None) | Q(ends_on__gt=F("generated_until"))
            rows = Plan.objects.filter(going, pk__gt=last, generated_until__lt=furthest).order_by("pk")
            plans = locked(Plan.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:_BATCH])))
            if not plans:
                return made
            made += _make_tasks(plans, now=now)
            last = plans[-1].pk


def _refuse(commission: Commission, found: Sequence[Clause], *, now: datetime) -> None:
    if commission.starts_on < cadence.today(commission.tenant.time_zone, now=now):
        raise PlanRefused(_("Work cannot begin in the past."), field="starts_on")
    if commission.ends_on is not None and commission.ends_on <= commission.starts_on:
        raise PlanRefused(_("The contract ends before it begins."), field="ends_on")
    if len({clause.number for clause in found}) != len(found):
        raise PlanRefused(_("Two clauses have the same number."), field="clauses")
    for clause in found:
        clauses.check(clause, starts_on=commission.starts_on)


def _promise(clause: Clause) -> tuple[str, str, str]:
    """Return what makes clauses of two versions the same promise: a clause taken out leaves its number to another one."""
    return clause.number, clause.template, clause.title


def _former(commission: Commission) -> list[Plan]:
    """Return the plans of the version that an amendment takes the place of."""
    of_contract = Plan.objects.filter(contract=commission.contract, version__lt=commission.version)
    return list(of_contract.filter(version=of_contract.order_by("-version").values("version")[:1]))


def _opened(plans: Sequence[Plan], day: date, *, now: datetime) -> dict[tuple[str, str, str], int]:
    """Return what of a day has opened already, done or not, by promise. Locks: Task."""
    rows = Task.objects.filter(plan__in=plans, occurs_on=day, opens_at__lte=now).exclude(state=Task.State.CANCELLED)
    return {_promise(task.terms): task.pk for task in locked(rows.select_related("plan"))}


def _plan_of(commission: Commission, clause: Clause, former: Plan | None, *, is_begun: bool) -> Plan:
    """
    Return a clause's plan: of a rule that an amendment keeps in the former's rhythm, without the first day if that `is_begun`; of a promise
    that it keeps with the former's person.
    """
    zone, first = commission.tenant.time_zone, commission.starts_on
    rhythm = None
    if former is not None and clause.rrule and former.terms.rrule == clause.rrule:
        rhythm = former.counted_from or former.starts_on
    return Plan(
        tenant=commission.tenant,
        contract=commission.contract,
        version=commission.version,
        number=clause.number,
        clause=clause.as_json(),
        time_zone=zone,
        region=cadence.region_of(zone),
        starts_on=first,
        counted_from=rhythm,
        ends_on=commission.ends_on,
        generated_until=first + timedelta(days=1) if is_begun else first,
        assignee_id=(former.assignee_id if former else None)
        or (commission.assignee.pk if commission.assignee else None),
    )


def _end(contract: str, ends_on: date, *, by: Actor, now: datetime, kept: Iterable[int] = ()) -> int:
    plans = locked(Plan.objects.filter(contract=contract))
    for plan in plans:
        if plan.ends_on is None or plan.ends_on > ends_on:
            plan.ends_on = max(ends_on, plan.starts_on)
            plan.save(update_fields=["ends_on"])
    standing = Task.objects.filter(plan__in=plans, state__in=Task.STANDING, occurs_on__gte=ends_on)
    found = [task for task in locked(standing.exclude(pk__in=list(kept))) if task.plan_id]
    if found:
        with override(plans[0].tenant.language or "en"):
            reason = str(_("The contract was changed or ended."))
        Task.objects.filter(pk__in=[task.pk for task in found]).update(
            state=Task.State.CANCELLED, closed_at=now, reason=reason
        )
    if plans:
        audit.record(
            action="work.plans_ended",
            subject=("contract", contract),
            summary=phrase(_("Plans end before %(day)s. Tasks cancelled: %(count)d"), day=ends_on, count=len(found)),
            by=by,
            now=now,
            mall=plans[0].tenant.public_id,
        )
    return len(found)


def _overdue(contract: str, *, now: datetime) -> list[int]:
    return list(
        Task.objects.filter(contract=contract, state__in=Task.STANDING, due_at__lte=now).values_list("pk", flat=True)
    )


def _make_tasks(plans: Sequence[Plan], *, now: datetime, signed_at: datetime | None = None) -> int:
    """
    Make what is missing of these locked or new plans; of new ones nothing is due before it was signed. The unique constraint of plan and
    day has the last word.
    """
    tasks: list[Task] = []
    moved: list[Plan] = []
    for plan in plans:
        until = cadence.today(plan.time_zone, now=now) + timedelta(days=HORIZON_DAYS)
        end = min(until, plan.ends_on) if plan.ends_on else until
        if plan.generated_until < end:
            tasks += _tasks_of(plan, first=plan.generated_until, until=end, signed_at=signed_at)
        if plan.generated_until < until:
            plan.generated_until = until
            moved.append(plan)
    covering.settle(tasks)
    Task.objects.bulk_create(tasks, ignore_conflicts=True, batch_size=1000)
    Plan.objects.bulk_update(moved, ["generated_until"])
    return len(tasks)


def _tasks_of(plan: Plan, *, first: date, until: date, signed_at: datetime | None) -> list[Task]:
    terms = plan.terms
    rule = cadence.Cadence(terms.rrule, plan.counted_from or plan.starts_on, terms.holidays, plan.region)
    made = []
    for day in cadence.days(rule, first=first, until=until):
        hours = terms.due_hours, terms.grace_hours
        window = cadence.window(day, at=terms.wall_time, hours=hours, time_zone=plan.time_zone)
        if signed_at is not None and window.due_at <= signed_at:
            window = cadence.opened_at(signed_at, hours=hours)
        made.append(
            Task(
                plan=plan,
                tenant_id=plan.tenant_id,
                contract=plan.contract,
                clause=plan.number,
                template=terms.template,
                title=terms.title,
                occurs_on=day,
                opens_at=window.opens_at,
                due_at=window.due_at,
                lapses_at=window.lapses_at,
                assignee_id=plan.assignee_id,
                minutes_planned=terms.minutes,
            )
        )
    return made
