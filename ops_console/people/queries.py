"""Reads of the agency's people, shaped for the console."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from ops_console.contracts import passing as contracts
from ops_console.leads import passing as leads
from ops_console.mandates import roles
from ops_console.mandates.models import Visit
from ops_console.work.models import Task
from saas.accounts.models import User
from saas.audit.models import AuditEntry

HISTORY = 30


@dataclass(frozen=True)
class Load:
    """What a person holds: standing tasks, contracts and leads that are not over, visits that are open."""

    tasks: int = 0
    contracts: int = 0
    leads: int = 0
    visits: int = 0

    @property
    def accounts(self) -> int:
        """Contracts and leads together."""
        return self.contracts + self.leads


def staff(wanted: Mapping[str, Any]) -> "QuerySet[User]":
    """Return the agency's people by name: `q` in name or address, `role` held, `state` "here" or "left" or "" for both."""
    rows = User.objects.filter(kind=User.Kind.AGENCY).prefetch_related("groups").order_by("-is_active", "name", "pk")
    for word in str(wanted.get("q") or "").split():
        rows = rows.filter(Q(name__icontains=word) | Q(email__icontains=word))
    if wanted.get("role"):
        rows = rows.filter(groups__name=wanted["role"])
    if wanted.get("state"):
        rows = rows.filter(is_active=wanted["state"] == "here")
    return rows


def loads(people: Iterable[User]) -> dict[int, Load]:
    """Return what each of these people holds, by key. Four queries."""
    pks = [person.pk for person in people]
    tasks = _counts(Task.objects.filter(assignee__in=pks, state__in=Task.STANDING).values_list("assignee"))
    held = _counts(contracts.lasting().filter(account_manager__in=pks).values_list("account_manager"))
    owned = _counts(leads.standing().filter(owner__in=pks).values_list("owner"))
    visits = _counts(Visit.objects.filter(person__in=pks, ended_at=None).values_list("person"))
    return {
        pk: Load(tasks.get(pk, 0), held.get(pk, 0), owned.get(pk, 0), visits.get(pk, 0)) for pk in pks
    }  # fmt: skip


def _counts(rows: "QuerySet[Any, Any]") -> dict[int, int]:
    return dict(rows.order_by().annotate(n=Count("pk")))


def role_names(person: User) -> list[str]:
    """Return the person's roles in the order of `roles.ALL`."""
    held = {group.name for group in person.groups.all()}
    return [name for name in roles.ALL if name in held]


def others(person: User, *, able: tuple[str, ...] = roles.ALL) -> list[User]:
    """Return the active people who have one of the roles, without this one, by name."""
    rows = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name__in=able).exclude(pk=person.pk)
    return list(rows.distinct().order_by("name", "pk"))


def history(person: User) -> list[AuditEntry]:
    """Return what was done about the person's account and absences, newest first."""
    return list(
        AuditEntry.objects.filter(subject_kind="user", subject_id=person.public_id).order_by("-at", "-pk")[:HISTORY]
    )
