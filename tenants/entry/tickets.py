"""Tickets: a way in, once."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.kernel.outbox import operations as outbox
from tenants.isolation import current

from .acting import actor_of
from .models import AgencyVisit, Ticket

MINUTES_TO_LIVE = 5


class TicketRefused(DomainError):
    """The ticket opens nothing. The uniform answer: who holds a link learns no more from it."""

    code = "ticket_refused"
    message = _("This way in is closed.")


class TicketUnknown(TicketRefused):
    """No ticket of this mall has this token."""

    code = "ticket_unknown"
    message = _("This link opens nothing here. It may be cut short, or belong to another mall.")


class TicketUsed(TicketRefused):
    """The ticket was used before."""

    code = "ticket_used"
    message = _("This link was used before. It works once.")


class TicketExpired(TicketRefused):
    """The ticket's minutes are over, or its visit is."""

    code = "ticket_expired"
    message = _("This link is too old. It works for a few minutes.")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def issue(
    *,
    person: User,
    purpose: Ticket.Purpose,
    now: datetime,
    visit: AgencyVisit | None = None,
    next_path: str = "/manage/",
) -> str:
    """
    Return the token of a new ticket for a person of this mall; the mall keeps only its hash.

    `next_path` is where the person arrives, a path of the mall.
    """
    token = secrets.token_urlsafe(20)
    Ticket.objects.create(
        token_hash=_hash(token),
        purpose=purpose,
        person=person,
        visit=visit,
        next_path=next_path,
        expires_at=now + timedelta(minutes=MINUTES_TO_LIVE),
    )
    return token


def use(*, token: str, now: datetime) -> Ticket:
    """
    Use a ticket up and return it with its person and visit. Locks: Ticket, in a transaction of its own.

    :raises TicketUnknown: not a ticket of this mall
    :raises TicketUsed: it was used before; the attempt is in the audit
    :raises TicketExpired: its time is over, or its visit has ended
    """
    ticket, refusal = _claim(token=token, now=now)
    if refusal is not None or ticket is None:
        raise refusal or TicketUnknown()
    return ticket


@transaction.atomic
def _claim(*, token: str, now: datetime) -> tuple[Ticket | None, TicketRefused | None]:
    """Claim the ticket; a refusal is returned, not raised, so that its trail is kept."""
    try:
        ticket = locked_one(Ticket.objects.filter(token_hash=_hash(token)).select_related("person", "visit__person"))
    except Ticket.DoesNotExist:
        return None, TicketUnknown()
    refusal: TicketRefused | None = None
    if ticket.used_at is not None:
        refusal = TicketUsed()
    elif ticket.expires_at <= now or not ticket.person.is_active or (ticket.visit and not ticket.visit.is_open(at=now)):
        refusal = TicketExpired()
    else:
        ticket.used_at = now
        ticket.save(update_fields=["used_at"])
    audit.record(
        action="ticket.refused" if refusal else "ticket.used",
        subject=("visit", ticket.visit.public_id) if ticket.visit else ("person", ticket.person.public_id),
        summary=refusal.message if refusal else _("Came in by a ticket"),
        by=actor_of(ticket.visit, mall_name=current.mall().name) if ticket.visit else actor_for(ticket.person),
        now=now,
        purpose=ticket.purpose,
        refusal=refusal.code if refusal else "",
    )
    if isinstance(refusal, TicketUsed) and ticket.visit:
        payload: dict[str, object] = {"visit": ticket.visit.public_id, "person": ticket.person.public_id}
        outbox.tell(kind="ticket.misused", subject=ticket.visit.public_id, payload=payload, now=now)
    return ticket, refusal
