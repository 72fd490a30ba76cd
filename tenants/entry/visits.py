"""Visits of the agency in this mall: begun and ended by the platform or the mall, each request noted."""

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.locking import locked
from saas.kernel.outbox import operations as outbox

from . import tickets
from .acting import actor_of
from .models import AgencyVisit, Ticket

# Whose permissions a visitor has, less what is never delegated.
ROLE = "Manager"


@dataclass(frozen=True)
class Invitation:
    """What the platform says about a visit: `visit` and `person` are the platform's public ids."""

    visit: str
    person: str
    person_name: str
    reason: str
    ends_at: datetime
    contract: str = ""
    task: str = ""
    permissions: dict[str, str] = field(default_factory=dict)
    next_path: str = "/manage/"


@dataclass(frozen=True)
class Act:
    """One request of a visit."""

    method: str
    path: str
    status: int


@transaction.atomic
def begin(invitation: Invitation, *, mall_name: str, now: datetime) -> str:
    """
    Begin a visit in this mall and return the token of the ticket into it. Repeated it gives another ticket to the same visit.

    The visitor gets an account without password, e-mail or phone, in the role `ROLE`.
    """
    person = _visitor(invitation, now=now)
    visit, created = AgencyVisit.objects.get_or_create(
        public_id=invitation.visit,
        defaults={
            "person": person,
            "person_name": invitation.person_name,
            "reason": invitation.reason,
            "started_at": now,
            "ends_at": invitation.ends_at,
            "contract": invitation.contract,
            "task": invitation.task,
            "permissions": invitation.permissions,
        },
    )
    if created:
        summary = phrase(_("Visit until %(at)s: %(reason)s"), at=invitation.ends_at, reason=invitation.reason)
        by = actor_of(visit, mall_name=mall_name)
        audit.record(action="agency.visit_began", subject=("visit", visit.public_id), summary=summary, by=by, now=now)
    return tickets.issue(
        person=person, purpose=Ticket.Purpose.AGENCY_VISIT, visit=visit, next_path=invitation.next_path, now=now
    )


def _visitor(invitation: Invitation, *, now: datetime) -> User:
    try:
        with transaction.atomic():
            person, _created = User.objects.update_or_create(
                public_id=invitation.person,
                defaults={"name": invitation.person_name, "is_active": True},
                create_defaults={
                    "kind": User.Kind.AGENCY,
                    "name": invitation.person_name,
                    "joined_at": now,
                    "password": "!",
                },
            )
    except IntegrityError:  # the same person's first two visits at once
        person = User.objects.get(public_id=invitation.person)
    person.groups.set(Group.objects.filter(name=ROLE))
    return person


@transaction.atomic
def end(*, visit: str, by: Actor, now: datetime) -> bool:
    """
    End a visit; its next request is refused. Return whether this call ended it. Locks: AgencyVisit.

    The platform is told by the outbox (`agency.left`), whichever side ended it.
    """
    found = locked(AgencyVisit.objects.filter(public_id=visit, ended_at__isnull=True))
    if not found:
        return False
    visit_row = found[0]
    visit_row.ended_at = min(now, visit_row.ends_at)
    visit_row.save(update_fields=["ended_at"])
    audit.record(
        action="agency.visit_ended",
        subject=("visit", visit),
        summary=phrase(_("Visit ended by %(name)s"), name=by.name),
        by=by,
        now=now,
    )
    payload: dict[str, object] = {"visit": visit, "ended_at": visit_row.ended_at.isoformat(), "ended_by": by.name}
    outbox.tell(kind="agency.left", subject=visit, payload=payload, now=now)
    return True


@transaction.atomic
def note(visit: AgencyVisit, act: Act, *, by: Actor, now: datetime) -> None:
    """Write one request of a visit into the mall's audit and send it to the platform."""
    audit.record(
        action="agency.request",
        subject=("visit", visit.public_id),
        summary=f"{act.method} {act.path} → {act.status}",
        by=by,
        now=now,
        method=act.method,
        path=act.path,
        status=act.status,
        visit=visit.public_id,
    )
    payload: dict[str, object] = {
        "visit": visit.public_id,
        "method": act.method,
        "path": act.path,
        "status": act.status,
        "person": visit.person.public_id,
    }
    outbox.tell(kind="agency.acted", subject=visit.public_id, payload=payload, now=now)


def close_if_over(visit: AgencyVisit, *, stands: bool = True, now: datetime) -> bool:
    """End a visit whose time is up, or behind which the platform says that nothing stands; tell whether it is over."""
    if stands and visit.is_open(at=now):
        return False
    end(visit=visit.public_id, by=SYSTEM, now=now)
    return True
