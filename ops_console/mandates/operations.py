"""Visits: opened, ended, counted."""

from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import F
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue
from tenants.entry import mandated
from tenants.entry import visits as mall_visits
from tenants.isolation.addresses import mall_url
from tenants.isolation.entrance import inside
from tenants.registry import queries as registry
from tenants.registry.models import Tenant
from tenants.relay.events import Event

from . import roles, standing
from .models import Visit

MINUTES = (15, 30, 60, 120)
MINIMUM_REASON, MAXIMUM_REASON = 10, 300
LONGEST_PATH = 200
MISUSED = "ticket.misused"


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


class MandatePaused(VisitRefused):
    """The merchant lets nobody in by the contract just now."""

    code = "mandate_paused"
    message = _("The merchant has paused the mandate. Speak with the merchant; only they can go on with it.")


class Errand(TypedDict, total=False):
    """For which task (public id of `ops_console.work`) somebody goes in, and at which path of the mall they arrive."""

    task: str
    next_path: str


def open_visit(
    *, tenant: Tenant, person: User, reason: str, minutes: int, now: datetime, **errand: Unpack[Errand]
) -> str:
    """
    Open a visit and return the address that leads into the mall. Never inside a transaction.

    Where a contract's mandate stands the visit is by its right, and may do what it gives (`standing`).

    :raises MayNotVisit: the person's role does not visit
    :raises ReasonMissing: fewer than `MINIMUM_REASON` letters, or more than `MAXIMUM_REASON` characters
    :raises TimeRefused: not one of `MINUTES`
    :raises MallNotServed: the mall is not in use
    :raises MandatePaused: the mall's mandates are paused
    """
    reason = " ".join(reason.split())
    visit = _register(Visit(tenant=tenant, person=person, reason=reason, task=errand.get("task", "")), minutes, now=now)
    return _lead_in(visit, next_path=errand.get("next_path", "/manage/"), now=now)


def come_back(*, visit: Visit, person: User, now: datetime) -> str:
    """
    Return another way into a visit of one's own that is still open.

    :raises VisitOver: it has ended
    :raises MayNotVisit: it is somebody else's, or the role was taken away
    """
    if visit.person_id != person.pk or not roles.has_role(person, roles.MAY_VISIT):
        raise MayNotVisit
    if not standing.of_row(visit, now=now).is_open:
        raise VisitOver
    return _lead_in(visit, next_path="/manage/", now=now)


@transaction.atomic
def _register(visit: Visit, minutes: int, *, now: datetime) -> Visit:
    _check(visit, minutes)
    _take_powers(visit, now=now)
    visit.started_at, visit.ends_at = now, now + timedelta(minutes=minutes)
    visit.save()
    audit.record(
        action="visit.opened",
        subject=("visit", visit.public_id),
        summary=phrase(
            _("Opened %(mall)s for minutes: %(minutes)d. %(reason)s"),
            mall=visit.tenant.name,
            minutes=minutes,
            reason=visit.reason,
        ),
        by=_actor(visit),
        now=now,
        mall=visit.tenant.public_id,
        minutes=minutes,
        contract=visit.contract,
        permissions=visit.permissions,
    )
    return visit


def _check(visit: Visit, minutes: int) -> None:
    if not roles.has_role(visit.person, roles.MAY_VISIT):
        raise MayNotVisit
    if sum(sign.isalnum() for sign in visit.reason) < MINIMUM_REASON or len(visit.reason) > MAXIMUM_REASON:
        raise ReasonMissing
    if minutes not in MINUTES:
        raise TimeRefused
    if visit.tenant.status not in (Tenant.Status.OPEN, Tenant.Status.SUSPENDED):
        raise MallNotServed


def _take_powers(visit: Visit, *, now: datetime) -> None:
    """Put onto a visit by right of which contract it is, and what that gives the person."""
    given = standing.powers(visit.tenant_id, at=now)
    if given is None:
        if standing.lasting(visit.tenant_id, at=now):
            raise MandatePaused
        return
    kept = roles.keys_of(visit.person)
    visit.contract = given.contract
    visit.permissions = {key: clause for key, clause in given.permissions.items() if key in kept}


def _lead_in(visit: Visit, *, next_path: str, now: datetime) -> str:
    tenant, person = visit.tenant, visit.person
    if not url_has_allowed_host_and_scheme(next_path, allowed_hosts=None) or len(next_path) > LONGEST_PATH:
        next_path = "/manage/"
    invitation = mall_visits.Invitation(
        visit=visit.public_id,
        person=person.public_id,
        person_name=person.get_full_name(),
        reason=visit.reason,
        ends_at=visit.ends_at,
        contract=visit.contract,
        task=visit.task,
        permissions=visit.permissions,
        next_path=next_path,
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
        clause=visit.permissions.get(mandated.LOOK, "") if visit.contract else visit.reason[:120],
        task=visit.task,
        reason=visit.reason if visit.contract else "",
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
        summary=phrase(_("Visit to %(mall)s ended"), mall=visit.tenant.name),
        by=by,
        now=now,
        mall=visit.tenant.public_id,
    )
    enqueue("tenants.entry.end_visit", schema=visit.tenant.schema_name, visit=visit.public_id, ended_by=by.name)
    return True


def close_ended(*, now: datetime) -> int:
    """End visits behind which nothing stands any more: time, role, account or mandate; return how many."""
    closed = 0
    for visit in Visit.objects.filter(ended_at__isnull=True).select_related("tenant", "person"):
        if not standing.of_row(visit, now=now).is_open:
            closed += end(visit=visit, by=SYSTEM, now=now)
    return closed


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


def note_misuse(event: Event) -> None:
    """Write down that somebody used a ticket of a visit again. It stands on the overview for a week."""
    visit = Visit.objects.filter(public_id=event.payload["visit"], tenant__schema_name=event.schema_name).first()
    if visit is None:
        raise LookupError(f"{event.schema_name} tells of the visit {event.payload['visit']}, which is not its own")
    audit.record(
        action=MISUSED,
        subject=("visit", visit.public_id),
        summary=phrase(
            _("A used way into %(mall)s was tried again; it was given to %(person)s"),
            mall=visit.tenant.name,
            person=visit.person.get_full_name(),
        ),
        by=SYSTEM,
        now=event.happened_at,
        mall=visit.tenant.public_id,
    )
