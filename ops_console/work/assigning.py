"""Who does which clause of a contract: a plan's person, for the tasks that stand and for those to come."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.packages import trade
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked

from . import cadence, covering, queries
from .models import Plan, Task


class AssignRefused(DomainError):
    """The work cannot be given so; `field` names the plan."""

    code = "assign_refused"


def lasting(contract: str, *, today: date) -> list[Plan]:
    """Return a contract's plans that are not over, with their people, in the order of their clauses."""
    rows = Plan.objects.filter(Q(ends_on=None) | Q(ends_on__gt=today), contract=contract).select_related("assignee")
    return sorted(rows, key=lambda one: ([int(part) for part in one.number.split(".") if part.isdigit()], one.version))


@transaction.atomic
def assign(*, contract: str, people: Mapping[str, User], by: Actor, now: datetime) -> int:
    """
    Give plans of a contract (public id -> who) to people for good; return how many tasks changed hands. Locks: Plan, Task.

    Tasks that stand go along, but for those that somebody was handed by name; who is away is covered as ever. A new version that keeps
    a promise keeps its person. Repeated it changes nothing.

    :raises AssignRefused: somebody who is not with the agency, or has no role in it
    """
    with_us = {one.pk for one in queries.people()}
    moved: list[Task] = []
    for plan in locked(Plan.objects.filter(contract=contract, public_id__in=list(people)).order_by("pk")):
        to = people[plan.public_id]
        if to.pk not in with_us:
            raise AssignRefused(
                _("%(name)s is not with the agency.") % {"name": to.get_full_name()}, field=plan.public_id
            )
        if plan.assignee_id != to.pk:
            moved += _give(plan, to, by=by, now=now)
    Task.objects.bulk_update(moved, ["assignee", "covers_for"], batch_size=500)
    return len(moved)


def _give(plan: Plan, to: User, *, by: Actor, now: datetime) -> list[Task]:
    before, plan.assignee = plan.assignee_id, to
    plan.save(update_fields=["assignee"])
    standing = locked(Task.objects.filter(plan=plan, state__in=Task.STANDING))
    tasks = [one for one in standing if (one.covers_for_id or one.assignee_id) == before]
    for one in tasks:
        one.assignee, one.covers_for = to, None
    covering.settle(tasks, today=cadence.today(plan.time_zone, now=now))
    audit.record(
        action="work.assigned", subject=("contract", plan.contract), by=by, now=now, mall=plan.tenant.public_id, clause=plan.number,
        summary=phrase(
            gettext_lazy("%(number)s %(task)s falls to %(name)s"),
            number=plan.number, task=trade.told(plan.terms.title), name=to.get_full_name(),
        ),
    )  # fmt: skip
    return tasks
