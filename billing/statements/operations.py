"""Writes of statements. On the platform's schema. Lock order: the statement, then accounts of the books."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Words, phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue

from . import drafting, paying
from .drafting import Place
from .models import Remark, Statement, StatementLine
from .periods import Month

State = Statement.State
# How long after a month's end its statement is made: what was begun in the month is booked by then.
GRACE = timedelta(hours=2)
_BATCH = 1000


class StatementDiffers(DomainError):
    """The lines do not lead from the last statement to what the books say. Nothing was issued."""

    code = "statement_differs"


class MonthNotOver(DomainError):
    """The month has not ended long enough ago."""

    code = "month_not_over"


class NotYoursToMove(DomainError):
    """Merchants confirm and ask, the agency's people answer (M16)."""

    code = "statement_not_yours_to_move"
    message = _("Only the merchant confirms a statement or asks about it.")


class StatementDecided(DomainError):
    """The statement is in a state in which this cannot be done."""

    code = "statement_decided"
    message = _("This statement has moved on since you opened it. Look at the page again to see how.")


class WordsMissing(DomainError):
    """A question or an answer has words."""

    code = "words_missing"
    message = _("Write what it is about.")


class NotPaidYet(DomainError):
    """Part of what the statement says was earned has not reached the bank."""

    code = "statement_not_paid_yet"
    message = _("Not everything that this statement says was earned has reached the bank.")


@transaction.atomic
def issue(*, place: Place, month: Month, now: datetime) -> Statement | None:
    """
    Issue a mall's statement of a month, once. None where nothing ever moved.

    Its lines are the bookings up to the month's end that no statement has. Months are issued in their order. Repeated, also at the
    same time, it returns the one that is there. Locks: the accounts of the books, so that nothing is booked meanwhile.

    :raises MonthNotOver: before the month's end and `GRACE`
    :raises StatementDiffers: the lines do not explain the books
    """
    if now < month.ends_at + GRACE:
        raise MonthNotOver(month=month.first_day.isoformat())
    accounts = locked(drafting.accounts_of(place))
    of_mall = Statement.objects.filter(tenant_schema=place.schema, currency=place.currency)
    known = of_mall.filter(first_day=month.first_day).first()
    if known is not None or not accounts:
        return known
    last = of_mall.order_by("-first_day").first()
    since = last.starts_at if last else None
    lines = drafting.lines(drafting.bookings(accounts, since=since, before=month.ends_at))
    stated = _stated(of_mall, lines)
    lines = [line for line in lines if line.key not in stated]
    opening_minor = last.closing_minor if last else 0
    if not lines and not opening_minor:
        return None
    statement = _drafted(place, month, opening_minor, now=now)
    if opening_minor + sum(line.net_minor for line in lines) != statement.closing_minor:
        raise StatementDiffers(schema=place.schema, month=month.first_day.isoformat())
    statement.lines_count = len(lines)
    statement.save()
    for number, line in enumerate(lines, start=1):
        line.statement, line.number = statement, number
    StatementLine.objects.bulk_create(lines, batch_size=_BATCH)
    _note(
        "statement.issued", statement, phrase(_("Issued %(statement)s"), statement=str(statement)), by=SYSTEM, now=now
    )
    enqueue("cms.backoffice.tell_of_statement", schema=place.schema, statement=statement.public_id, what="issued")
    return statement


def _stated(of_mall: "QuerySet[Statement]", lines: list[StatementLine]) -> set[str]:
    """Return the keys of those lines that a statement has."""
    keys = [line.key for line in lines]
    found: set[str] = set()
    for start in range(0, len(keys), _BATCH):
        rows = StatementLine.objects.filter(key__in=keys[start : start + _BATCH])
        found.update(rows.values_list("key", flat=True))
    return found


def _drafted(place: Place, month: Month, opening_minor: int, *, now: datetime) -> Statement:
    found = drafting.position(place, before=month.ends_at)
    return Statement(
        tenant_schema=place.schema,
        currency=place.currency,
        first_day=month.first_day,
        starts_at=month.starts_at,
        ends_at=month.ends_at,
        opening_minor=opening_minor,
        closing_minor=found.total_minor,
        **vars(found),
        issued_at=now,
    )


@transaction.atomic
def confirm(*, statement: str, schema: str, by: Actor, now: datetime) -> Statement:
    """
    Say yes to a statement; the merchant in person. Repeated it changes nothing. Locks: the statement.

    :raises NotYoursToMove: `by` is not of the merchant's people
    :raises StatementDecided: paid already
    """
    if by.kind != "merchant":
        raise NotYoursToMove
    row = _locked(statement, schema)
    if row.state == State.CONFIRMED:
        return row
    if row.state not in (State.ISSUED, State.QUESTION):
        raise StatementDecided(state=row.state)
    row.state, row.confirmed_by, row.confirmed_at = State.CONFIRMED, by.name[:160], now
    row.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    _note("statement.confirmed", row, phrase(_("Confirmed %(statement)s"), statement=str(row)), by=by, now=now)
    return row


@transaction.atomic
def ask(*, statement: str, schema: str, text: str, by: Actor, now: datetime) -> Remark:
    """
    Ask finance about a statement before it is confirmed; it waits for the answer. Locks: the statement.

    :raises NotYoursToMove: `by` is not of the merchant's people
    :raises StatementDecided: confirmed already
    :raises WordsMissing: no text
    """
    if by.kind != "merchant":
        raise NotYoursToMove
    row = _locked(statement, schema)
    if row.state not in (State.ISSUED, State.QUESTION):
        raise StatementDecided(state=row.state)
    remark = _say(row, Remark.Kind.QUESTION, text, by=by, now=now)
    row.state = State.QUESTION
    row.save(update_fields=["state"])
    return remark


@transaction.atomic
def answer(*, statement: str, text: str, by: Actor, now: datetime) -> Remark:
    """
    Answer the merchant's question; the statement waits for the merchant's yes again. Locks: the statement.

    What is wrong in a statement is never changed: a correction in the books is a line of the next one (M12).

    :raises NotYoursToMove: `by` does not work for the agency
    :raises StatementDecided: no question is open
    :raises WordsMissing: no text
    """
    if by.kind not in ("agency", "platform"):
        raise NotYoursToMove(_("Only finance answers a merchant's question."))
    row = locked_one(Statement.objects.filter(public_id=statement))
    if row.state != State.QUESTION:
        raise StatementDecided(state=row.state)
    remark = _say(row, Remark.Kind.ANSWER, text, by=by, now=now)
    row.state = State.ISSUED
    row.save(update_fields=["state"])
    enqueue("cms.backoffice.tell_of_statement", schema=row.tenant_schema, statement=row.public_id, what="answered")
    return remark


@transaction.atomic
def mark_paid(*, statement: str, by: Actor, now: datetime) -> Statement:
    """
    Note that all that a confirmed statement says was earned has reached the bank. Repeated it changes nothing. Locks: the statement.

    :raises NotYoursToMove: `by` is a merchant
    :raises StatementDecided: not confirmed
    :raises NotPaidYet: see `paying.payment_of`
    """
    if by.kind == "merchant":
        raise NotYoursToMove
    row = locked_one(Statement.objects.filter(public_id=statement))
    if row.state == State.PAID:
        return row
    if row.state != State.CONFIRMED:
        raise StatementDecided(state=row.state)
    payment = paying.payment_of(row)
    if not payment.has_arrived:
        raise NotPaidYet(waiting_minor=payment.waiting_minor, missing_minor=payment.missing_minor)
    row.state, row.paid_by, row.paid_at = State.PAID, by.name[:160], now
    row.save(update_fields=["state", "paid_by", "paid_at"])
    _note("statement.paid", row, phrase(_("Paid %(statement)s"), statement=str(row)), by=by, now=now)
    return row


def _locked(statement: str, schema: str) -> Statement:
    return locked_one(Statement.objects.filter(public_id=statement, tenant_schema=schema))


def _say(row: Statement, kind: str, text: str, *, by: Actor, now: datetime) -> Remark:
    text = " ".join(text.split())[:1000]
    if not text:
        raise WordsMissing
    remark = Remark.objects.create(statement=row, kind=kind, text=text, by=by.name[:160], said_at=now)
    _note(f"statement.{kind}", row, text, by=by, now=now)
    return remark


def _note(action: str, row: Statement, summary: Words, *, by: Actor, now: datetime) -> None:
    audit.record(action=action, subject=("statement", row.public_id), summary=summary, by=by, now=now)
