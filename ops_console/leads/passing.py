"""Leads whose owner changes all at once."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.kernel.actors import Actor
from saas.kernel.locking import locked

from .models import Lead


def standing() -> "QuerySet[Lead]":
    """Return leads that are not lost."""
    return Lead.objects.exclude(stage=Lead.Stage.LOST)


@transaction.atomic
def pass_on(*, person: User, to: User | None, by: Actor, now: datetime) -> int:
    """Give a person's leads to another, or to nobody; return how many. Repeated it changes nothing. Locks: Lead."""
    mine = locked(standing().filter(owner=person))
    Lead.objects.filter(pk__in=[one.pk for one in mine]).update(owner=to)
    if mine:
        whose = to.get_full_name() if to else "nobody yet"
        audit.record(
            action="lead.passed_on", subject=("user", person.public_id), by=by, now=now, leads=len(mine),
            summary=f"{len(mine)} leads of {person.get_full_name()} go to {whose}",
        )  # fmt: skip
    return len(mine)
