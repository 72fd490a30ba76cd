"""Visits: opened, ended, counted."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue
from tenants.entry import visits as mall_visits
from tenants.isolation.addresses import mall_url
from tenants.isolation.entrance import inside
from tenants.registry import queries as registry
from tenants.registry.models import Tenant
from tenants.relay.events import Event

from . import roles
from .models import Visit

MINUTES = (15, 30, 60, 120)
MINIMUM_REASON, MAXIMUM_REASON = 10, 300


class VisitRefused(DomainError):
    """The visit cannot be opened."""

    code = "visit_refused"


class MayNotVisit(VisitRefused):
    """The person has no role that visits malls."""

    code = "may_not_visit"
    message = _("Your role does not open malls.")


class ReasonMissing(VisitRefused):
    """A visit needs a reason that the merchant understands."""

    code = "reason_missing"
    message = _("Say in a sentence why you go in. The merchant reads it.")


class TimeRefused(VisitRefused):
    """A visit lasts one of `MINUTES`."""

    code = "time_refused"
    message = _("Choose one of the times.")


class MallNotServed(VisitRefused):
    """The mall is opening or closed."""

    code = "mall_not_served"
    message = _("This mall is not open to visits: it is being opened, or closed.")


class VisitOver(VisitRefused):
    """The visit has ended."""

    code = "visit_over"
    message = _("This visit has ended. Open a new one, with its reason.")


def open_visit(*, tenant: Tenant, person: User, reason: str, minutes: int, now: datetime) -> str:
    """
    Open a visit and return the address that leads into the mall. Never inside a transaction.

    :raises MayNotVisit: the person's role does not visit
    :raises ReasonMissing: fewer than `MINIMUM_REASON` letters, or more than `MAXIMUM_REASON` characters
    :raises TimeRefused: not one of `MINUTES`
    :raises MallNotServed: the mall is not in use
    """
    visit = _register(tenant=tenant, person=person, reason=reason, minutes=minutes, now=now)
    return _lead_in(visit, now=now)


def come_back(*, visit: Visit, person: User, now: datetime) -> str:
    """
    Return another way into a visit of one's own that is still open.

    :raises VisitOver: it has ended
    :raises MayNotVisit: it is somebody else's, or the role was taken away
    """
    if visit.person_id != person.pk or not roles.has_role(person, roles.MAY_VISIT):
        raise MayNotVisit
    if not visit.is_open(at=now):
        raise VisitOver
    return _lead_in(visit, now=now)


@transaction.atomic
def _register(*, tenant: Tenant, person: User, reason: str, minutes: int, now: datetime) -> Visit:
    reason = " ".join(reason.split())
    if not roles.has_role(person, roles.MAY_VISIT):
        raise MayNotVisit
    if sum(sign.isalnum() for sign in reason) < MINIMUM_REASON or len(reason) > MAXIMUM_REASON:
        raise ReasonMissing
    if minutes not in MINUTES:
        raise TimeRefused
    if tenant.status not in (Tenant.Status.OPEN, Tenant.Status.SUSPENDED):
        raise MallNotServed
    visit = Visit.objects.create(
        person=person, tenant=tenant, reason=reason, started_at=now, ends_at=now + timedelta(minutes=minutes)
    )
    audit.record(
        action="visit.opened",
        subject=("visit", visit.public_id),
        summary=f"Opened {tenant.name} for {minutes} minutes: {reason}",
        by=_actor(visit),
        now=now,
        mall=tenant.public_id,
        minutes=minutes,
    )
    return visit


def _lead_in(visit: Visit, *, now: datetime) -> str:
    tenant, person = visit.tenant, visit.person
    invitation = mall_visits.Invitation(
        visit=visit.public_id,
        person=person.public_id,
        person_name=person.get_full_name(),
        reason=visit.reason,
        ends_at=visit.ends_at,
    )
    domain = registry.primary_domain(tenant)
    with inside(tenant):
        token = mall_visits.begin(invitation, mall_name=tenant.name, now=now)
    return mall_url(domain, f"/enter/{token}/")


def _actor(visit: Visit) -> Actor:
    person = visit.person
    return Actor(
        kind=User.Kind.AGENCY,
        name=person.get_full_name(),
        public_id=person.public_id,
        on_behalf_of=visit.tenant.name[:160],
        clause=visit.reason[:120],
    )


def end(*, visit: Visit, by: Actor, now: datetime) -> bool:
    """
    End a visit here and in the mall; the mall's next request is refused. Return whether this call ended it.

    Never inside a transaction. When the mall cannot be reached now, a task ends its copy.
    """
    ended = _end_here(visit_id=visit.pk, by=by, ended_at=min(now, visit.ends_at), now=now)
    with inside(visit.tenant):
        mall_visits.end(visit=visit.public_id, by=by, now=now)
    return ended


@transaction.atomic
def _end_here(*, visit_id: int, by: Actor, ended_at: datetime, now: datetime) -> bool:
    """Locks: Visit."""
    visit = locked_one(Visit.objects.filter(pk=visit_id).select_related("tenant", "person"))
    if visit.ended_at is not None:
        return False
    visit.ended_at, visit.ended_by = ended_at, by.name[:160]
    visit.save(update_fields=["ended_at", "ended_by"])
    audit.record(
        action="visit.ended",
        subject=("visit", visit.public_id),
        summary=f"Visit to {visit.tenant.name} ended",
        by=by,
        now=now,
        mall=visit.tenant.public_id,
    )
    enqueue("tenants.entry.end_visit", schema=visit.tenant.schema_name, visit=visit.public_id, ended_by=by.name)
    return True


def close_ended(*, now: datetime) -> int:
    """End visits whose time is up and those of people who may no longer visit; return how many."""
    closed = 0
    for visit in Visit.objects.filter(ended_at__isnull=True).select_related("tenant", "person"):
        if not visit.is_open(at=now) or not roles.has_role(visit.person, roles.MAY_VISIT):
            closed += end(visit=visit, by=SYSTEM, now=now)
    return closed


def forget(*, schema_name: str) -> None:
    """Forget why the agency was in an erased mall and who of the mall ended a visit; that it was there, when and how long, stays known."""
    Visit.objects.filter(tenant__schema_name=schema_name).update(reason="", ended_by="")


def note_request(event: Event) -> None:
    """
    Write one request of a visit, told by the mall, into the platform's audit and count it.

    Runs inside the relay's transaction, once for each event. Locks: Visit.
    """
    found = locked(Visit.objects.filter(public_id=event.payload["visit"]).select_related("tenant", "person"))
    if not found or found[0].tenant.schema_name != event.schema_name:
        raise LookupError(
            f"a request of {event.schema_name} names the visit {event.payload['visit']}, which is not its own"
        )
    visit = found[0]
    Visit.objects.filter(pk=visit.pk).update(requests_count=F("requests_count") + 1)
    method, path, status = (event.payload[key] for key in ("method", "path", "status"))
    audit.record(
        action="visit.request",
        subject=("visit", visit.public_id),
        summary=f"{method} {path} → {status}",
        by=_actor(visit),
        now=event.happened_at,
        mall=visit.tenant.public_id,
        method=method,
        path=path,
        status=status,
    )


def note_end(event: Event) -> None:
    """Follow a visit that the mall ended. Runs inside the relay's transaction. Locks: Visit."""
    visit = Visit.objects.filter(public_id=event.payload["visit"], tenant__schema_name=event.schema_name).first()
    if visit is None:
        raise LookupError(f"{event.schema_name} ended the visit {event.payload['visit']}, which is not its own")
    ended_at = parse_datetime(str(event.payload["ended_at"])) or event.happened_at
    by = Actor(kind="system", name=str(event.payload["ended_by"]))
    _end_here(visit_id=visit.pk, by=by, ended_at=ended_at, now=event.happened_at)
