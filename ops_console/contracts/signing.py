"""Sent, read, signed by both, or not: the merchant's signature is the merchant's alone (A3)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from ops_console.mandates import roles
from ops_console.work import cadence
from ops_console.work.clauses import from_json
from saas.accounts.models import User
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor, refuse_all_but_merchant
from saas.kernel.tasks import enqueue

from . import compiling, text
from .drafting import (
    ContractRefused,
    Terms,
    VersionDraft,
    follow,
    note,
    open_version,
    refuse_mall,
    refuse_terms,
    refuse_version,
)
from .models import Contract, ContractVersion, Signature

State, VersionState, Side = Contract.State, ContractVersion.State, Contract.Side
RUNNING = (State.SIGNED, State.ACTIVE, State.ENDING)


class TextChanged(ContractRefused):
    """The text that was read is not the one that would be signed."""

    code = "text_changed"
    message = _("The text has changed since you opened it. Read it again before you sign.")


class TooLate(ContractRefused):
    """The last day for signing, or the day on which it was to begin, has passed."""

    code = "too_late"
    message = _(
        "The day on which this was to begin, or to be signed, has passed. Ask for new dates; nothing has begun."
    )


class NameMissing(ContractRefused):
    """A signature is a name."""

    code = "name_missing"
    message = _("Type your full name. It is your signature.")


@dataclass(frozen=True)
class Hand:
    """How somebody signed: the name that was typed, the account's address, the hash of the text that was shown, from where."""

    name: str
    email: str
    text_hash: str
    ip: str = ""
    user_agent: str = ""


@transaction.atomic
def send(*, contract: str, by: Actor, now: datetime) -> ContractVersion:
    """
    Fix the text of the open draft and send it to the merchant, who can sign it for `HOSTING_ANSWER_DAYS`, and not after the day on
    which it begins. Locks: Contract, ContractVersion.

    :raises NotNow: nothing is being drafted
    :raises ContractRefused: dates that have passed, a mall that is not open, a running contract of the same time, another one sent already
    :raises DomainError: see `drafting.change`
    """
    found, row = open_version(contract, VersionState.DRAFT)
    today = cadence.today(found.tenant.time_zone, now=now)
    refuse_mall(found.tenant)
    if row.number == 1:
        refuse_terms(Terms(found.starts_on, found.ends_on, found.minimum_months, found.notice_days), today=today)
    clauses = [from_json(one) for one in row.clauses]
    said = VersionDraft(clauses, row.prices, row.limits, row.effective_on, row.note)
    refuse_version(found, said, number=row.number, today=today)
    _refuse_overlap(found)
    row.answer_until = min(today + timedelta(days=settings.HOSTING_ANSWER_DAYS), row.effective_on)
    row.text = text.write(found, row, answer_until=row.answer_until)
    row.text_hash, row.state, row.sent_at = text.hash_of(row.text), VersionState.SENT, now
    row.save()
    if row.number == 1:
        _move(found, State.SENT, taken=_("This mall has another contract that waits for an answer."))
        follow(found, by=by, now=now)
    note(
        "contract.sent",
        found,
        phrase(_("Sent version %(version)d to %(address)s"), version=row.number, address=found.tenant.owner_email),
        by=by,
        now=now,
    )
    _tell("sent", found, row)
    return row


@transaction.atomic
def sign(*, contract: str, schema: str, hand: Hand, by: Actor, now: datetime) -> ContractVersion:
    """
    Sign for the merchant. The second of both signatures sets everything going (`compiling`). Repeated it changes nothing.

    Locks: Contract, ContractVersion, and what compiling locks.

    :raises OnlyTheMerchant: `by` is not of the merchant's people, or acts on the merchant's behalf
    :raises NotNow: nothing waits for a signature
    :raises TextChanged, TooLate, NameMissing, ContractRefused: see there
    """
    refuse_all_but_merchant(by)
    found, row = open_version(contract, VersionState.SENT, schema=schema)
    return _sign(found, row, Side.MERCHANT, hand, by=by, now=now)


@transaction.atomic
def countersign(*, contract: str, person: User, hand: Hand, by: Actor, now: datetime) -> ContractVersion:
    """
    Sign for the agency. Otherwise as `sign`.

    :raises ContractRefused: the person's role does not sign
    """
    if not roles.has_role(person, roles.MAY_SELL):
        raise ContractRefused(_("Your role does not sign for the agency."))
    found, row = open_version(contract, VersionState.SENT)
    return _sign(found, row, Side.AGENCY, hand, by=by, now=now)


@transaction.atomic
def decline(*, contract: str, schema: str, reason: str, by: Actor, now: datetime) -> ContractVersion:
    """
    Say no, with a reason. Of an amendment only that is declined; the contract goes on as it was. Locks: Contract, ContractVersion.

    :raises OnlyTheMerchant: `by` is not of the merchant's people
    :raises NotNow: nothing waits
    :raises ContractRefused: no reason
    """
    refuse_all_but_merchant(by)
    if len(reason.strip()) < 3:
        raise ContractRefused(_("Say in a few words why, so that the next offer fits."), field="reason")
    found, row = open_version(contract, VersionState.SENT, schema=schema)
    return _close(found, row, VersionState.DECLINED, reason, by=by, now=now)


@transaction.atomic
def withdraw(*, contract: str, reason: str, by: Actor, now: datetime) -> ContractVersion:
    """
    Take back what is drafted or sent and not signed by both. Locks: Contract, ContractVersion.

    :raises NotNow: nothing is open
    """
    found, row = open_version(contract, VersionState.DRAFT, VersionState.SENT)
    return _close(found, row, VersionState.WITHDRAWN, reason, by=by, now=now)


@transaction.atomic
def expire(*, contract: str, now: datetime) -> bool:
    """Close what nobody signed until its last day; tell whether it was so. Locks: Contract, ContractVersion."""
    found, row = open_version(contract, VersionState.SENT)
    if row.answer_until is None or cadence.today(found.tenant.time_zone, now=now) <= row.answer_until:
        return False
    _close(found, row, VersionState.EXPIRED, str(_("Nobody signed it in time.")), by=SYSTEM, now=now)
    return True


@transaction.atomic
def remind(*, contract: str, now: datetime) -> bool:
    """Remind the merchant once of what waits; tell whether a mail goes out. Locks: Contract, ContractVersion."""
    found, row = open_version(contract, VersionState.SENT)
    since = row.sent_at or now
    is_near = row.answer_until is not None and cadence.today(
        found.tenant.time_zone, now=now
    ) >= row.answer_until - timedelta(days=2)
    waited = now - since >= timedelta(days=settings.HOSTING_REMIND_DAYS) or (
        is_near and now - since >= timedelta(days=1)
    )
    if row.reminded_at is not None or not waited or row.signatures.filter(side=Side.MERCHANT).exists():
        return False
    row.reminded_at = now
    row.save(update_fields=["reminded_at"])
    note(
        "contract.reminded",
        found,
        phrase(_("Reminded %(address)s of version %(version)d"), version=row.number, address=found.tenant.owner_email),
        by=SYSTEM,
        now=now,
    )
    _tell("reminder", found, row)
    return True


def _sign(
    found: Contract, row: ContractVersion, side: Contract.Side, hand: Hand, *, by: Actor, now: datetime
) -> ContractVersion:
    if row.signatures.filter(side=side).exists():
        return row
    _refuse_signing(found, row, hand, today=cadence.today(found.tenant.time_zone, now=now))
    Signature.objects.create(
        version=row, side=side, name=" ".join(hand.name.split())[:160], email=hand.email, person=by.public_id,
        ip=hand.ip or None, user_agent=hand.user_agent[:300], signed_at=now, text_hash=row.text_hash,
    )  # fmt: skip
    note(
        "contract.signed", found,
        phrase(_("%(name)s signed version %(version)d. Side: %(side)s"), name=hand.name, version=row.number, side=side.label),
        by=by, now=now,
        version=row.number, side=side.value, text_hash=row.text_hash,
    )  # fmt: skip
    if row.signatures.count() == len(Side):
        _conclude(found, row, by=by, now=now)
    else:
        _tell(f"signed_by_{side.value}", found, row)
    return row


def _refuse_signing(found: Contract, row: ContractVersion, hand: Hand, *, today: date) -> None:
    refuse_mall(found.tenant)
    if hand.text_hash != row.text_hash or text.hash_of(row.text) != row.text_hash:
        raise TextChanged
    if row.effective_on < today or row.answer_until is None or row.answer_until < today:
        raise TooLate
    if sum(sign.isalpha() for sign in hand.name) < 2:
        raise NameMissing(field="name")


def _conclude(found: Contract, row: ContractVersion, *, by: Actor, now: datetime) -> None:
    """Both have signed."""
    row.state = VersionState.SIGNED
    row.save(update_fields=["state"])
    if row.number == 1:
        found.signed_at = now
        _move(found, State.SIGNED, taken=_("This mall has another contract for the same time. End that one first."))
        follow(found, by=by, now=now)
    compiling.set_going(found, row, by=by, now=now)
    note(
        "contract.concluded",
        found,
        phrase(_("Both have signed version %(version)d"), version=row.number),
        by=by,
        now=now,
        version=row.number,
    )
    _tell("signed", found, row)


def _close(
    found: Contract, row: ContractVersion, state: ContractVersion.State, reason: str, *, by: Actor, now: datetime
) -> ContractVersion:
    was_sent = row.state == VersionState.SENT
    row.state, row.reason = state, reason.strip()[:300]
    if not row.text_hash:
        row.text_hash = text.hash_of(row.text)
    row.save()
    if row.number == 1:
        found.state, found.reason = State(state.value), row.reason
        found.save()
        if was_sent:
            follow(found, by=by, now=now)
    note(
        f"contract.{state.value}",
        found,
        phrase(
            _("Version %(version)d: %(state)s. %(reason)s"), version=row.number, state=state.label, reason=row.reason
        ),
        by=by,
        now=now,
    )
    if was_sent:
        _tell(state.value, found, row)
    return row


def _move(found: Contract, state: Contract.State, *, taken: object) -> None:
    found.state = state
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as error:
        raise ContractRefused(taken) from error


def _refuse_overlap(found: Contract) -> None:
    others = Contract.objects.filter(tenant=found.tenant, state__in=RUNNING).exclude(pk=found.pk)
    for other in others:
        if (other.ends_on is None or other.ends_on > found.starts_on) and (
            found.ends_on is None or found.ends_on > other.starts_on
        ):
            raise ContractRefused(
                _("This mall has the contract %(number)s at the same time. End that one first, or begin after it.")
                % {"number": other.number},
                field="starts_on",
            )


def _tell(what: str, found: Contract, row: ContractVersion) -> None:
    enqueue("ops_console.contracts.tell", contract=found.public_id, version=row.number, what=what)
