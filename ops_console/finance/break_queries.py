"""Reads of reconciliation, on the platform's schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from billing.reconciliation.models import Break, Check
from ops_console.mandates import roles
from saas.accounts.models import User

from . import words
from .naming import schemas_like


@dataclass(frozen=True)
class Sums:
    """The pot in one currency as each side has it, minor units; see `Check.sums`."""

    currency: str
    stripe_minor: int
    moved_minor: int
    booked_minor: int
    account_minor: int

    @property
    def difference_minor(self) -> int:
        """By how much Stripe has more than our cash account; what is under way is in it."""
        return self.stripe_minor - self.account_minor


def breaks(wanted: Mapping[str, Any], *, person: str, now: datetime) -> "QuerySet[Break]":
    """Return the breaks; `wanted` is `BreakFilterForm`'s, `person` whose are "mine". Open ones oldest first, others newest first."""
    state = wanted.get("state") or Break.State.OPEN
    found = Break.objects.all() if state == "all" else Break.objects.filter(state=state)
    if wanted.get("kind"):
        found = found.filter(kind=wanted["kind"])
    if wanted.get("owner"):
        found = found.filter(owner_id={"mine": person, "nobody": ""}.get(wanted["owner"], wanted["owner"]))
    if wanted.get("age"):
        found = found.filter(found_at__lt=now - timedelta(days=int(wanted["age"])))
    if wanted.get("q"):
        text = wanted["q"].strip()
        found = found.filter(Q(subject__icontains=text) | Q(tenant_schema__in=schemas_like(text)))
    return found.order_by("found_at", "pk") if state == Break.State.OPEN else found.order_by("-found_at", "-pk")


def break_kinds() -> list[tuple[str, str]]:
    """Return the classes that were ever found, with their words."""
    kinds = Break.objects.order_by("kind").values_list("kind", flat=True).distinct()
    return [(kind, words.title_of(kind)) for kind in kinds]


def break_owners() -> list[tuple[str, str]]:
    """Return the people who own or owned a break."""
    rows = Break.objects.exclude(owner_id="").order_by("owner_name").values_list("owner_id", "owner_name").distinct()
    return list(rows)


def finance_people() -> list[tuple[str, str]]:
    """Return those who may own a break, by public id and name."""
    found = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name__in=roles.MAY_SETTLE).distinct()
    return [(person.public_id, person.get_full_name()) for person in found.order_by("name")]


def newest_sums() -> tuple[Check | None, list[Sums]]:
    """Return the newest check that read Stripe, and the pot by currency as it found it."""
    check = Check.objects.filter(sums__isnull=False, ended_at__isnull=False).first()
    if check is None or check.sums is None:
        return None, []
    return check, [
        Sums(currency, sides["stripe"], sides["moved"], sides["booked"], sides["account"])
        for currency, sides in check.sums.items()
    ]


def search_words(row: Break) -> str:
    """Return what to look for in books and inbox: the thing's own name."""
    return row.subject.split(":", 1)[-1].split(" ")[0]
