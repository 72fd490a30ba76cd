"""Times in which nothing can be missed in a mall: the merchant paused the work, or sales were stopped; and waits for the merchant."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ops_console.mandates.models import Mandate
from saas.audit import operations as audit
from saas.audit.phrases import Words, phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.locking import locked_one
from tenants.registry.models import Tenant

from .models import Pause, Task


@transaction.atomic
def pause(*, tenant: Tenant, contract: str = "", cause: str = Pause.Cause.MERCHANT, by: Actor, now: datetime) -> bool:
    """
    Let nothing be missed from `now` on, of a contract or of the whole mall; return whether this call began it. Locks: Tenant.
    """
    locked_one(Tenant.objects.filter(pk=tenant.pk))
    if Pause.objects.filter(tenant=tenant, contract=contract, cause=cause, ends_at=None).exists():
        return False
    Pause.objects.create(tenant=tenant, contract=contract, cause=cause, starts_at=now, by_name=by.name[:160])
    _note(
        tenant,
        "work.paused",
        phrase(_("%(mall)s: %(cause)s"), mall=tenant.name, cause=Pause.Cause(cause).label),
        by=by,
        now=now,
    )
    return True


@transaction.atomic
def resume(*, tenant: Tenant, contract: str = "", cause: str = Pause.Cause.MERCHANT, by: Actor, now: datetime) -> bool:
    """End a pause; return whether there was one. Locks: Tenant."""
    locked_one(Tenant.objects.filter(pk=tenant.pk))
    ended = Pause.objects.filter(tenant=tenant, contract=contract, cause=cause, ends_at=None).update(ends_at=now)
    if ended:
        _note(tenant, "work.resumed", phrase(_("%(mall)s: work goes on"), mall=tenant.name), by=by, now=now)
    return bool(ended)


def follow_suspensions(*, now: datetime) -> int:
    """Begin pauses of malls whose sales are stopped, and end those of malls that sell again; return how many changed."""
    working = Tenant.objects.filter(work_tasks__state__in=Task.STANDING).distinct()
    paused = Pause.objects.filter(cause=Pause.Cause.SUSPENDED, ends_at=None)
    begun = working.filter(status=Tenant.Status.SUSPENDED).exclude(pk__in=paused.values("tenant"))
    over = Tenant.objects.filter(pk__in=paused.values("tenant")).exclude(status=Tenant.Status.SUSPENDED)
    changed = sum(pause(tenant=one, cause=Pause.Cause.SUSPENDED, by=SYSTEM, now=now) for one in list(begun))
    return changed + sum(resume(tenant=one, cause=Pause.Cause.SUSPENDED, by=SYSTEM, now=now) for one in list(over))


def follow_mandates(*, now: datetime) -> int:
    """
    Begin pauses of contracts whose mandate the merchant has paused, from when it was, and end those whose mandate goes on; return how
    many changed. What the agency pauses by itself excuses nothing that it promised.
    """
    lasting = Mandate.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), is_paused_by_merchant=True)
    open_pauses = Pause.objects.filter(cause=Pause.Cause.MERCHANT, ends_at=None).exclude(contract="")
    paused = {one.contract: one for one in lasting.filter(paused_at__isnull=False).select_related("tenant")}
    known = {one.contract: one for one in open_pauses.select_related("tenant")}
    changed = 0
    for contract in paused.keys() - known.keys():
        one = paused[contract]
        by = Actor(kind="merchant", name=one.paused_by)
        changed += pause(tenant=one.tenant, contract=contract, by=by, now=one.paused_at or now)
    for contract in known.keys() - paused.keys():
        changed += resume(tenant=known[contract].tenant, contract=contract, by=SYSTEM, now=now)
    return changed


def pauses_of(tasks: list[Task]) -> dict[int, list[Pause]]:
    """Return the pauses of the tasks' malls, by mall."""
    found: dict[int, list[Pause]] = {}
    if tasks:
        touching = Q(ends_at=None) | Q(ends_at__gt=min(task.opens_at for task in tasks))
        for one in Pause.objects.filter(touching, tenant__in={task.tenant_id for task in tasks}).order_by("pk"):
            found.setdefault(one.tenant_id, []).append(one)
    return found


def excusing(task: Task, pauses: list[Pause]) -> Pause | None:
    """
    Return the pause that left too little time for a task, the longest of them, or None: outside all pauses less than half of the time
    that was agreed from its opening until it is due was left before it lapsed. A short pause excuses nothing.
    """
    mine = {one.pk: one for one in pauses if one.contract in ("", task.contract) and one.starts_at < task.lapses_at}
    spans = {pk: _span(task, one.starts_at, one.ends_at) for pk, one in mine.items()}
    if _leaves_enough(task, spans.values()):
        return None
    return mine[max(sorted(spans), key=lambda pk: spans[pk][1] - spans[pk][0])]


def is_kept_waiting(task: Task, pauses: list[Pause]) -> bool:
    """
    Tell whether the merchant's answers left too little time for a task, by the measure of `excusing`, pauses counted too: they came late
    or not at all. A question put when half of the time until it was due was over counts for nothing.
    """
    waits = [_span(task, *map(datetime.fromisoformat, pair)) for pair in task.waits]
    if task.is_asked_in_time and task.waiting_since_at:
        waits.append(_span(task, task.waiting_since_at, None))
    held = [_span(task, one.starts_at, one.ends_at) for one in pauses if one.contract in ("", task.contract)]
    return bool(waits) and not _leaves_enough(task, [*waits, *held])


def _span(task: Task, starts_at: datetime, ends_at: datetime | None) -> tuple[datetime, datetime]:
    return max(starts_at, task.opens_at), min(ends_at or task.lapses_at, task.lapses_at)


def _leaves_enough(task: Task, spans: Iterable[tuple[datetime, datetime]]) -> bool:
    """Tell whether outside of spans at least half of the time until it was due was left before it lapsed."""
    left, since = timedelta(0), task.opens_at
    for starts_at, ends_at in sorted(spans):
        left += max(timedelta(0), starts_at - since)
        since = max(since, ends_at)
    left += max(timedelta(0), task.lapses_at - since)
    return 2 * left >= task.due_at - task.opens_at


def _note(tenant: Tenant, action: str, summary: Words, *, by: Actor, now: datetime) -> None:
    audit.record(
        action=action, subject=("mall", tenant.public_id), summary=summary, by=by, now=now, mall=tenant.public_id
    )
