"""Who does a task when the person it falls to is away or has left."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked

from .models import Absence, Plan, Task


class CoverRefused(DomainError):
    """The absence makes no sense."""

    code = "cover_refused"


Away = dict[int, list[Absence]]


def absences(people: Iterable[int], *, since: date) -> Away:
    """Return the absences of these people and of their covers' covers, that last on or after `since`, by person."""
    found: Away = defaultdict(list)
    wanted, known = set(people), set[int]()
    while wanted:
        rows = Absence.objects.filter(Q(ends_on=None) | Q(ends_on__gt=since), person__in=wanted).order_by("pk")
        known |= wanted
        wanted = set()
        for absence in rows:
            found[absence.person_id].append(absence)
            if absence.cover_id and absence.cover_id not in known:
                wanted.add(absence.cover_id)
    return found


def responsible(person: int, day: date, away: Away) -> int | None:
    """Return who does a person's work on a day: the cover, or the cover's cover; None where a chain ends with nobody, or in a circle."""
    passed: set[int] = set()
    current: int | None = person
    while current is not None and current not in passed:
        passed.add(current)
        gone = [
            one for one in away.get(current, ()) if one.starts_on <= day and (one.ends_on is None or day < one.ends_on)
        ]
        if not gone:
            return current
        current = gone[-1].cover_id
    return None


def settle(tasks: Sequence[Task], *, today: date = date.min) -> list[Task]:
    """
    Give tasks whose person is away to the cover, in memory; `covers_for` says whose they were. Return those that changed.

    What counts is the day of the work, or `today` if that is later.
    """
    people = {task.covers_for_id or task.assignee_id for task in tasks} - {None}
    if not people:
        return []
    away = absences([one for one in people if one], since=min(task.occurs_on for task in tasks))
    changed = []
    for task in tasks:
        own = task.covers_for_id or task.assignee_id
        if own is None:
            continue
        does = responsible(own, max(task.occurs_on, today), away)
        covers = own if does != own else None
        if (task.assignee_id, task.covers_for_id) != (does, covers):
            task.assignee_id, task.covers_for_id = does, covers
            changed.append(task)
    return changed


@transaction.atomic
def note_absence(
    *, person: User, cover: User | None, starts_on: date, ends_on: date | None, by: Actor, now: datetime
) -> int:
    """
    Note that a person is away from `starts_on` to before `ends_on` (None: has left), and give their standing tasks of those days to the
    cover; return how many. Without a cover they are nobody's, where a manager finds them. Locks: Task.

    :raises CoverRefused: it ends before it begins, or the cover is the person or no longer with the agency
    """
    if ends_on is not None and ends_on <= starts_on:
        raise CoverRefused(_("The absence ends before it begins."), field="ends_on")
    if cover and (cover.pk == person.pk or not cover.is_active):
        raise CoverRefused(_("Somebody else who is with the agency covers."), field="cover")
    Absence.objects.create(
        person=person, cover=cover, starts_on=starts_on, ends_on=ends_on, noted_by=by.name[:160], noted_at=now
    )
    moved = _settle_standing(person, starts_on)
    whose = cover.get_full_name() if cover else _("nobody yet")
    audit.record(
        action="work.absence_noted",
        subject=("user", person.public_id),
        summary=phrase(
            _("%(person)s is away from %(day)s. Tasks that go to %(taker)s: %(count)d"),
            person=person.get_full_name(),
            day=starts_on,
            taker=whose,
            count=moved,
        ),
        by=by,
        now=now,
    )
    return moved


@transaction.atomic
def end_absence(*, absence: int, ends_on: date, by: Actor, now: datetime) -> int:
    """
    Let somebody be back on `ends_on`, and give back what stands from then on, of others too whom they cover; away for longer than was
    noted, the cover gets those days. Back on its first day, the absence is taken back as a whole. Return how many tasks. Locks: Task.

    :raises CoverRefused: before the absence began
    """
    row = Absence.objects.select_related("person").get(pk=absence)
    if ends_on < row.starts_on:
        raise CoverRefused(_("The absence ends before it begins."), field="ends_on")
    since = min(row.ends_on or ends_on, ends_on)
    if ends_on == row.starts_on:
        row.delete()
    else:
        row.ends_on = ends_on
        row.save(update_fields=["ends_on"])
    moved = _settle_standing(row.person, since)
    audit.record(
        action="work.absence_ended", subject=("user", row.person.public_id), by=by, now=now,
        summary=phrase(
            _("%(person)s is back on %(day)s. Tasks given back: %(count)d"), person=row.person.get_full_name(), day=ends_on, count=moved
        ),
    )  # fmt: skip
    return moved


@transaction.atomic
def pass_on(*, person: User, to: User | None, by: Actor, now: datetime) -> int:
    """
    Give a person's standing tasks, what their plans will make and what they cover to another for good (None: to nobody); return how many
    tasks changed hands. Who is away is covered as ever. Repeated it changes nothing. Locks: Task.

    :raises CoverRefused: the other is the person, or no longer with the agency
    """
    if to and (to.pk == person.pk or not to.is_active or to.kind != User.Kind.AGENCY):
        raise CoverRefused(_("Somebody else who is with the agency takes it."), field="tasks_to")
    Plan.objects.filter(Q(ends_on=None) | Q(ends_on__gt=now.date()), assignee=person).update(assignee=to)
    through = _leading_to(person.pk, since=now.date())
    covered = Absence.objects.filter(Q(ends_on=None) | Q(ends_on__gt=now.date()), cover=person)
    covered.filter(person=to).update(cover=None)
    covered.update(cover=to)
    tasks = locked(Task.objects.filter(Q(assignee=person) | Q(covers_for__in=through), state__in=Task.STANDING))
    for task in tasks:
        if (task.covers_for_id or task.assignee_id) == person.pk:
            task.assignee, task.covers_for = to, None
    settle(tasks)
    Task.objects.bulk_update(tasks, ["assignee", "covers_for"], batch_size=500)
    if tasks:
        whose = to.get_full_name() if to else _("nobody yet")
        audit.record(
            action="work.passed_on", subject=("user", person.public_id), by=by, now=now, tasks=len(tasks),
            summary=phrase(
                _("Tasks of %(person)s that go to %(taker)s: %(count)d"), person=person.get_full_name(), taker=whose, count=len(tasks)
            ),
        )  # fmt: skip
    return len(tasks)


@transaction.atomic
def cover_left_over(*, now: datetime) -> int:
    """
    Give what has opened and still stands of people who are away by now to who covers them; return how many tasks. Repeated it changes
    nothing. What was given stays given when they are back. Locks: Task.
    """
    today = now.date()
    away = Absence.objects.filter(Q(ends_on=None) | Q(ends_on__gt=today), starts_on__lte=today)
    rows = Task.objects.filter(state__in=Task.STANDING, opens_at__lte=now, assignee__in=away.values("person"))
    changed = settle(locked(rows), today=today)
    Task.objects.bulk_update(changed, ["assignee", "covers_for"], batch_size=500)
    return len(changed)


@transaction.atomic
def let_back(*, person: User, now: datetime) -> None:
    """Let somebody who had left be there for new work from today on; what was given away stays. Repeated it changes nothing."""
    today = now.date()
    for absence in Absence.objects.filter(person=person, ends_on=None, starts_on__lte=today):
        absence.ends_on = max(today, absence.starts_on + timedelta(days=1))
        absence.save(update_fields=["ends_on"])


def take_from_departed(*, by: Actor, now: datetime) -> int:
    """Note that whoever has standing tasks and is no longer with the agency, or has no role in it, has left; return how many."""
    left = User.objects.filter(Q(is_active=False) | Q(groups=None), kind=User.Kind.AGENCY)
    standing = Task.objects.filter(state__in=Task.STANDING, assignee=OuterRef("pk"))
    gone = list(left.filter(Exists(standing)))
    for person in gone:
        lasting = Q(ends_on=None) | Q(ends_on__gt=now.date())  # who covered a holiday last spring takes nothing over
        cover = Absence.objects.filter(lasting, person=person, cover__is_active=True).order_by("-pk").first()
        note_absence(
            person=person,
            cover=cover.cover if cover else None,
            starts_on=_first_day(person),
            ends_on=None,
            by=by,
            now=now,
        )
    return len(gone)


def _first_day(person: User) -> date:
    return Task.objects.filter(state__in=Task.STANDING, assignee=person).earliest("occurs_on").occurs_on


def _leading_to(person: int, *, since: date) -> set[int]:
    """Return the person and those whose work may fall to them on or after `since`: whom they cover, whom these cover, and so on."""
    found, wanted = {person}, {person}
    while wanted:
        rows = Absence.objects.filter(Q(ends_on=None) | Q(ends_on__gt=since), cover__in=wanted)
        wanted = set(rows.values_list("person", flat=True)) - found
        found |= wanted
    return found


def _settle_standing(person: User, since: date) -> int:
    """Give each standing task from `since` on that is this person's, was, or falls to them as a cover, to whom it now falls."""
    whose = _leading_to(person.pk, since=since)
    own = Q(assignee__in=whose) | Q(covers_for__in=whose)
    rows = Task.objects.filter(own, state__in=Task.STANDING, occurs_on__gte=since)
    changed = settle(locked(rows))
    Task.objects.bulk_update(changed, ["assignee", "covers_for"], batch_size=500)
    return len(changed)
