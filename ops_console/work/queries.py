"""Reads of the work, on the platform's schema."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet

from billing.packages.trade import named
from saas.accounts.models import User
from tenants.registry.models import Tenant

from .models import Absence, Task, TaskTemplate

# What opens within so long counts as due.
SOON = timedelta(hours=24)
COMING_DAYS = 7
DONE_DAYS = 7
TABS = ("due", "late", "waiting", "coming", "done")


@dataclass(frozen=True)
class Wanted:
    """Which tasks: `tab` one of `TABS`; `whose` "me", "all", "nobody" or a person's public id; words of title or mall; a template's key."""

    tab: str = "due"
    whose: str = "me"
    words: str = ""
    template: str = ""
    mall: str = ""


@dataclass(frozen=True)
class Promised:
    """What a contract promised in a time by one clause, and what became of it, in tasks."""

    clause: str
    template: str
    title: str
    promised: int
    done: int
    late: int
    missed: int
    excused: int
    minutes: int

    @property
    def left(self) -> int:
        """What is still to be done."""
        return self.promised - self.done - self.missed - self.excused


def tasks(wanted: Wanted, *, person: User, now: datetime) -> "QuerySet[Task]":
    """Return the tasks of a tab, the most urgent first; what is done newest first."""
    rows = _narrowed(wanted, person).filter(by_tab(wanted.tab, now)).select_related("tenant", "assignee", "covers_for")
    return rows.order_by("-done_at", "-pk") if wanted.tab == "done" else rows.order_by("due_at", "pk")


def counts(wanted: Wanted, *, person: User, now: datetime) -> dict[str, int]:
    """Return how many tasks each tab has, by tab, in two reads."""
    rows = _narrowed(wanted, person)
    standing = rows.filter(state__in=Task.STANDING, opens_at__lt=now + timedelta(days=COMING_DAYS))
    names = [name for name in TABS if name != "done"]
    found = standing.aggregate(**{name: Count("pk", filter=by_tab(name, now)) for name in names})
    return found | {"done": rows.filter(by_tab("done", now)).count()}


def board(tenant: Tenant, *, now: datetime) -> dict[str, list[Task]]:
    """Return a mall's tasks by column: standing ones that open within a week by state, and what was closed in the last week."""
    rows = Task.objects.filter(tenant=tenant).select_related("assignee", "covers_for", "plan")
    standing = rows.filter(state__in=Task.STANDING, opens_at__lt=now + timedelta(days=COMING_DAYS)).order_by(
        "due_at", "pk"
    )
    closed = rows.filter(closed_at__gte=now - timedelta(days=DONE_DAYS)).exclude(state=Task.State.CANCELLED)
    columns: dict[str, list[Task]] = {state: [] for state in (*Task.STANDING, Task.State.DONE)}
    for task in standing[:200]:
        columns[task.state].append(task)
    columns[Task.State.DONE] = list(closed.order_by("-closed_at", "-pk")[:30])
    return columns


def of_contract(contract: str, *, first: date, until: date) -> list[Promised]:
    """
    Return what a contract promised from the day `first` to before `until`, clause by clause; what was cancelled was not promised.

    `done` counts late ones too; `minutes` is what was spent.
    """
    rows = Task.objects.filter(contract=contract, occurs_on__gte=first, occurs_on__lt=until)
    by_clause: dict[tuple[str, str], list[Task]] = {}
    for task in rows.exclude(state=Task.State.CANCELLED).order_by("clause", "occurs_on"):
        by_clause.setdefault((task.clause, task.template), []).append(task)
    return [_promised(clause, template, found) for (clause, template), found in by_clause.items()]


def tasks_of_contract(contract: str, *, first: date, until: date) -> list[Task]:
    """Return a contract's tasks of these days with their evidence, in order; what was cancelled is left out."""
    rows = Task.objects.filter(contract=contract, occurs_on__gte=first, occurs_on__lt=until)
    rows = rows.exclude(state=Task.State.CANCELLED).select_related("plan", "assignee", "done_by")
    return list(rows.prefetch_related("evidence").order_by("occurs_on", "clause", "pk"))


def missed(*, since: datetime, until: datetime) -> "QuerySet[Task]":
    """Return the tasks that were missed from `since` to before `until`, for those who have to make it good."""
    rows = Task.objects.filter(state=Task.State.MISSED, closed_at__gte=since, closed_at__lt=until)
    return rows.select_related("tenant", "plan").order_by("closed_at", "pk")


def waiting_for(tenant_id: int) -> list[Task]:
    """Return what waits for a mall's merchant, the longest first."""
    rows = Task.objects.filter(tenant_id=tenant_id, state=Task.State.WAITING).select_related(
        "assignee", "plan", "tenant"
    )
    return list(rows.prefetch_related("evidence").order_by("waiting_since_at", "pk")[:100])


def titles(*, schema: str, tasks: Iterable[str]) -> dict[str, str]:
    """Return what tasks of a mall are called, by public id. Called by the mall's feed (`TASK_TITLES`)."""
    rows = Task.objects.filter(tenant__schema_name=schema, public_id__in=list(tasks))
    return {task: named(title) for task, title in rows.values_list("public_id", "title")}


def people() -> list[User]:
    """Return those to whom work can be given: active people of the agency with a role, by name."""
    rows = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__isnull=False)
    return list(rows.distinct().order_by("name", "pk"))


def templates(*, retired: bool = False) -> "QuerySet[TaskTemplate]":
    """Return the templates with their modules; retired ones only if they are wanted."""
    rows = TaskTemplate.objects.select_related("module")
    return rows if retired else rows.filter(retired_at=None)


def away(*, on: date) -> list[Absence]:
    """Return who is away on a day or will be, with covers, the next first."""
    rows = Absence.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on)).select_related("person", "cover")
    return list(rows.order_by("starts_on", "pk"))


def _narrowed(wanted: Wanted, person: User) -> "QuerySet[Task]":
    rows = Task.objects.all()
    if wanted.whose == "me":
        rows = rows.filter(assignee=person)
    elif wanted.whose == "nobody":
        rows = rows.filter(assignee=None)
    elif wanted.whose != "all":
        rows = rows.filter(assignee__public_id=wanted.whose)
    if wanted.template:
        rows = rows.filter(template=wanted.template)
    if wanted.mall:
        rows = rows.filter(tenant__public_id=wanted.mall)
    for word in wanted.words.split():
        rows = rows.filter(Q(title__icontains=word) | Q(tenant__name__icontains=word))
    return rows


def by_tab(tab: str, now: datetime) -> Q:
    """Return which tasks stand on a tab of My work."""
    in_hand = Q(state__in=[Task.State.OPEN, Task.State.DOING])
    if tab == "late":
        return in_hand & Q(due_at__lte=now)
    if tab == "waiting":
        return Q(state=Task.State.WAITING)
    if tab == "coming":
        return in_hand & Q(opens_at__gte=now + SOON, opens_at__lt=now + timedelta(days=COMING_DAYS))
    if tab == "done":
        return Q(state=Task.State.DONE, done_at__gte=now - timedelta(days=DONE_DAYS))
    return in_hand & Q(due_at__gt=now, opens_at__lt=now + SOON)


def _promised(clause: str, template: str, found: list[Task]) -> Promised:
    def count(state: str) -> int:
        return sum(task.state == state for task in found)

    return Promised(
        clause=clause,
        template=template,
        title=found[-1].title,
        promised=len(found),
        done=count(Task.State.DONE),
        late=sum(task.was_late for task in found),
        missed=count(Task.State.MISSED),
        excused=count(Task.State.EXCUSED),
        minutes=sum(task.minutes_spent or 0 for task in found),
    )
