"""Writes of payout terms and payouts, in the platform's schema. Nothing here speaks to Stripe."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.ledger import operations as ledger
from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg, Reversal
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from tenants.registry import queries as registry

from .models import Payout, PayoutTerms

State = Payout.State
Kind = Account.Kind
MOST_HOLD_DAYS = 90


class ScheduleRefused(DomainError):
    """There is no such rhythm, or the hold is out of bounds."""

    code = "payout_schedule_refused"
    message = _("Choose one of the schedules.")


class ReasonMissing(DomainError):
    """Payouts are stopped with a reason or not at all."""

    code = "payout_stop_without_reason"
    message = _("Say why nothing is to be sent.")


class PayoutOfAnotherMall(DomainError):
    """The payout was told before for another mall, amount or currency. Nothing has changed."""

    code = "payout_of_another_mall"


@dataclass(frozen=True)
class PayoutFacts:
    """A payout as Stripe has it; `status` is pending, in_transit, paid, failed or canceled; `is_returned`: failed after it was paid."""

    payout_id: str
    amount_minor: int
    currency: str
    status: str
    detail: str
    arrives_at: datetime | None
    created_at: datetime


@transaction.atomic
def choose_schedule(*, schema: str, schedule: str, by: Actor, now: datetime) -> PayoutTerms:
    """
    Set how often a mall is settled, on the merchant's word. Locks: the terms.

    :raises ScheduleRefused: no such schedule
    """
    if schedule not in PayoutTerms.Schedule.values:
        raise ScheduleRefused
    terms = _locked_terms(schema, now=now)
    was, terms.schedule, terms.changed_at = terms.schedule, schedule, now
    terms.save(update_fields=["schedule", "changed_at"])
    summary = phrase(
        _("%(before)s → %(after)s"), before=PayoutTerms.Schedule(was).label, after=PayoutTerms.Schedule(schedule).label
    )
    audit.record(action="payouts.schedule_chosen", subject=_mall(schema), summary=summary, by=by, now=now)
    return terms


@transaction.atomic
def set_hold(*, schema: str, days: int, by: Actor, now: datetime, reason: str = "") -> PayoutTerms:
    """
    Set how long later earnings of a mall wait; those that wait already keep their day. Locks: the terms.

    :raises ScheduleRefused: not between 0 and `MOST_HOLD_DAYS`
    """
    if not 0 <= days <= MOST_HOLD_DAYS:
        raise ScheduleRefused(_("Between 0 and 90 days."))
    terms = _locked_terms(schema, now=now)
    was, terms.hold_days, terms.changed_at = terms.hold_days, days, now
    terms.save(update_fields=["hold_days", "changed_at"])
    summary = f"{was} → {days} {reason}".strip()
    audit.record(action="payouts.hold_set", subject=_mall(schema), summary=summary, by=by, now=now)
    return terms


@transaction.atomic
def stop(*, schema: str, reason: str, by: Actor, now: datetime) -> PayoutTerms:
    """
    Send a mall nothing until `go_on`. What it earns stays available, what was claimed already is sent. Locks: the terms.

    Repeated it changes the reason.

    :raises ReasonMissing: `reason` is empty
    """
    reason = reason.strip()[:300]
    if not reason:
        raise ReasonMissing
    terms = _locked_terms(schema, now=now)
    terms.stopped_at, terms.stopped_by, terms.stopped_reason = terms.stopped_at or now, by.name[:160], reason
    terms.changed_at = now
    terms.save()
    audit.record(action="payouts.stopped", subject=_mall(schema), summary=reason, by=by, now=now)
    return terms


@transaction.atomic
def go_on(*, schema: str, by: Actor, now: datetime) -> PayoutTerms:
    """Let a stopped mall be paid again, with the next run. Locks: the terms. Repeated it changes nothing."""
    terms = _locked_terms(schema, now=now)
    if terms.stopped_at is None:
        return terms
    summary = phrase(_("Stopped since %(day)s: %(reason)s"), day=terms.stopped_at.date(), reason=terms.stopped_reason)
    terms.stopped_at, terms.stopped_by, terms.stopped_reason, terms.changed_at = None, "", "", now
    terms.save()
    audit.record(action="payouts.went_on", subject=_mall(schema), summary=summary, by=by, now=now)
    return terms


def _mall(schema: str) -> tuple[str, str]:
    """Return the mall as the trail's subject; one that is gone by its schema."""
    return "mall", registry.public_ids({schema}).get(schema, schema)


def _locked_terms(schema: str, *, now: datetime) -> PayoutTerms:
    PayoutTerms.objects.get_or_create(tenant_schema=schema, defaults={"changed_at": now})
    return locked_one(PayoutTerms.objects.filter(tenant_schema=schema))


@transaction.atomic
def note_payout(*, schema: str, facts: PayoutFacts, now: datetime) -> Payout:
    """
    Bring a payout to what Stripe says. Repeated it changes nothing.

    Paid: what was on its way has arrived. Failed after that: it is on its way again (M15), for Stripe's next try is another payout. Of
    what the bank did not take, merchant and Finance are told by mail.
    Locks: the payout, then accounts of the books.

    :raises PayoutOfAnotherMall: told before with other facts
    """
    defaults = {
        "tenant_schema": schema,
        "amount_minor": facts.amount_minor,
        "currency": facts.currency,
        "created_at": facts.created_at,
        "changed_at": now,
    }
    Payout.objects.get_or_create(payout_id=facts.payout_id, defaults=defaults)
    payout = locked_one(Payout.objects.filter(payout_id=facts.payout_id))
    if (payout.tenant_schema, payout.amount_minor, payout.currency) != (schema, facts.amount_minor, facts.currency):
        raise PayoutOfAnotherMall(payout=facts.payout_id)
    target = _next(State(payout.state), facts.status)
    if target == State.PAID and payout.state == State.IN_TRANSIT:
        ledger.post(_arrival(payout, by=SYSTEM.name, now=now), journal_id=public_id(), now=now)
    if target == State.RETURNED and payout.state == State.PAID:
        ledger.reverse(_way_back(payout, facts.detail, now=now), journal_id=public_id(), now=now)
    if target != payout.state and target in (State.RETURNED, State.FAILED):
        what, key = target.value, public_id()
        enqueue("billing.payouts.tell", tenant_schema=schema, what=what, payout_id=payout.payout_id, key=key)
    payout.state, payout.detail = target, facts.detail[:300]
    payout.arrives_at, payout.changed_at = facts.arrives_at, now
    payout.save()
    return payout


def _next(state: Payout.State, status: str) -> Payout.State:
    """Return the state after Stripe's word; states move forward only, except that "paid" may turn out to have come back."""
    if status == "paid":
        return State.PAID if state in (State.IN_TRANSIT, State.PAID) else state
    if status in ("failed", "canceled"):
        return State.RETURNED if state in (State.PAID, State.RETURNED) else State.FAILED
    return state


def _arrival(payout: Payout, *, by: str, now: datetime) -> Entry:
    return Entry(
        key=f"payout:{payout.payout_id}",
        tenant_schema=payout.tenant_schema,
        currency=payout.currency,
        legs=[Leg("payout_paid", Kind.PAYOUTS_IN_TRANSIT, Kind.MERCHANT_STRIPE, payout.amount_minor)],
        by=by,
        happened_at=now,
        details={"payout": payout.payout_id},
    )


def _way_back(payout: Payout, reason: str, *, now: datetime) -> Reversal:
    return Reversal(
        key=f"payout_returned:{payout.payout_id}",
        original_key=f"payout:{payout.payout_id}",
        by=SYSTEM.name,
        reason=reason[:200] or "the bank sent it back",
        happened_at=now,
    )
