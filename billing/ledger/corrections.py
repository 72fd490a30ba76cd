"""Taking a wrong journal back: one person asks with a reason, another one does it (A4). Lock order: correction, accounts."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id
from saas.kernel.locking import locked_one

from . import operations
from .models import Correction, Transfer
from .operations import Reversal

State = Correction.State


class CorrectionRefused(DomainError):
    """The journal is not there, was taken back before, takes another one back by itself, or is asked for already."""

    code = "correction_refused"


class CorrectionDecided(DomainError):
    """A person has decided before."""

    code = "correction_decided"
    message = _("This has been decided already.")


class AnotherPersonNeeded(DomainError):
    """Whoever asked does not decide (A4)."""

    code = "correction_needs_another"
    message = _("You asked for this. A second person takes it back.")


class BalanceForbids(DomainError):
    """An account that may not be below zero would be: what the journal brought has gone on."""

    code = "correction_below_zero"
    message = _("An account would fall below zero: this money has moved on. Take back first what came after it.")


def is_correcting(journal_id: str) -> bool:
    """Tell whether a journal is a person's correction: one that was wrong is taken back like any other journal."""
    return Correction.objects.filter(correcting_journal_id=journal_id).exists()


@transaction.atomic
def ask(*, journal_id: str, reason: str, by: Actor, now: datetime) -> Correction:
    """
    Ask that a journal is taken back, with a reason. Nothing is booked yet.

    :raises CorrectionRefused: no reason, no such journal, taken back before or asked for, or it takes another one back by itself
    """
    reason = reason.strip()[:200]
    if not reason or not by.public_id:
        raise CorrectionRefused(_("Say why it is wrong."))
    rows = list(Transfer.objects.filter(journal_id=journal_id))
    if not rows:
        raise CorrectionRefused(_("The books have no journal of this number."))
    if any(row.reverses_id for row in rows) and not is_correcting(journal_id):
        raise CorrectionRefused(_("This journal takes another one back. Book what is right instead."))
    if Transfer.objects.filter(reverses__in=rows).exists():
        raise CorrectionRefused(_("This journal has been taken back already."))
    asked = {"asked_by": by.name[:160], "asked_by_id": by.public_id, "asked_at": now}
    try:
        with transaction.atomic():
            made = Correction.objects.create(journal_id=journal_id, reason=reason, **asked)
    except IntegrityError as error:
        raise CorrectionRefused(_("Somebody has asked for this already.")) from error
    _note("correction.asked", made, reason, by=by, now=now)
    return made


@transaction.atomic
def make(*, correction: str, by: Actor, now: datetime) -> Correction:
    """
    Take the journal back, as a second person: each of its transfers is reversed. Locks: the correction, the accounts.

    :raises CorrectionDecided: decided before
    :raises AnotherPersonNeeded: `by` asked for it, or is nobody
    :raises BalanceForbids: an account would be below zero that may not
    """
    found = locked_one(Correction.objects.filter(public_id=correction))
    if found.state != State.WAITING:
        raise CorrectionDecided
    if not by.public_id or by.public_id == found.asked_by_id:
        raise AnotherPersonNeeded
    rows = list(Transfer.objects.filter(journal_id=found.journal_id).order_by("pk"))
    found.correcting_journal_id = public_id()
    reversal = Reversal(f"correction:{found.public_id}", "", f"{found.asked_by}, {by.name}"[:160], found.reason, now)
    try:
        with transaction.atomic():
            operations.reverse_transfers(rows, reversal, journal_id=found.correcting_journal_id, now=now)
    except IntegrityError as error:
        raise BalanceForbids from error
    _decided(found, State.MADE, by=by, now=now)
    _note("correction.made", found, found.reason, by=by, now=now)
    return found


@transaction.atomic
def refuse(*, correction: str, by: Actor, now: datetime) -> Correction:
    """
    Leave the journal as it is; whoever asked may take the question back by this. Locks: the correction.

    :raises CorrectionDecided: decided before
    """
    found = locked_one(Correction.objects.filter(public_id=correction))
    if found.state != State.WAITING:
        raise CorrectionDecided
    _decided(found, State.REFUSED, by=by, now=now)
    _note("correction.refused", found, found.reason, by=by, now=now)
    return found


def _decided(found: Correction, state: Correction.State, *, by: Actor, now: datetime) -> None:
    found.state, found.decided_by, found.decided_by_id, found.decided_at = state, by.name[:160], by.public_id, now
    found.save()


def _note(action: str, found: Correction, summary: str, *, by: Actor, now: datetime) -> None:
    subject = ("journal", found.journal_id)
    audit.record(action=action, subject=subject, summary=summary, by=by, now=now, correction=found.public_id)
