"""Leads whose owner changes all at once."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
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
        whose = to.get_full_name() if to else _("nobody yet")
        audit.record(
            action="lead.passed_on", subject=("user", person.public_id), by=by, now=now, leads=len(mine),
            summary=phrase(
                _("Leads of %(person)s that go to %(taker)s: %(count)d"), person=person.get_full_name(), taker=whose, count=len(mine)
            ),
        )  # fmt: skip
    return len(mine)
