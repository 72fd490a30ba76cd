"""The webhook inbox: stored once, answered at once, handed on by name, found again when lost, replayed on a person's word."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue

from . import disputes
from .client import GatewayUnavailable, api, asked, every, plain
from .models import ConnectedAccount, StripeEvent
from .resolving import Address, Doubtful, address_of, address_of_payment
from .signatures import ACCOUNT, CONNECT, verified

logger = logging.getLogger(__name__)
# After so many tries an event stays failed until a person replays it.
MAXIMUM_TRIES = 10
# How far back the catch-up looks; Stripe keeps events for 30 days and retries for 3.
CATCH_UP = timedelta(days=3)
# So many connected accounts are asked in one catch-up, those first that were asked longest ago.
ACCOUNTS_AT_ONCE = 25
State = StripeEvent.State
TROUBLE = (State.FAILED, State.QUARANTINED)
# What a person may have handled again at once.
MOST_REPLAYED = 200


class EventNotOpen(DomainError):
    """Only what failed or is in quarantine is closed by a person."""

    code = "event_not_open"
    message = _("This event needs nothing: it was handled, or closed before.")


class ReasonMissing(DomainError):
    """An event is closed with a reason or not at all."""

    code = "event_closed_without_reason"
    message = _("Say why nothing is to be done.")


class TooMany(DomainError):
    """More events at once than one message to the workers should carry."""

    code = "too_many_events"
    message = _("Choose at most 200 events at once.")


def receive(body: bytes, signature: str, *, endpoint: str = ACCOUNT, now: datetime) -> StripeEvent:
    """
    Store a webhook's event once and start its handling. A second delivery changes nothing.

    :raises ForgedWebhook: not signed by Stripe for this endpoint
    """
    row, created = _store(verified(body, signature, endpoint=endpoint), endpoint=endpoint, now=now)
    if created:
        enqueue("billing.gateway.handle", event_pk=row.pk)
    return row


@transaction.atomic
def _store(event: dict[str, Any], *, endpoint: str, now: datetime) -> tuple[StripeEvent, bool]:
    facts = {
        "kind": event["type"][:80],
        "account_id": str(event.get("account") or "")[:120],
        "object_id": str(event["data"]["object"].get("id") or "")[:120],
        "payload": event,
        "received_at": now,
    }
    return StripeEvent.objects.get_or_create(endpoint=endpoint, event_id=event["id"][:120], defaults=facts)


def handle(*, event_pk: int, now: datetime) -> str:
    """
    Find the mall of a stored event and hand it on; return the event's state. Done or ignored, it is not handled again.

    `settings.STRIPE_EVENT_TASKS` names a task of the mall, `settings.STRIPE_PLATFORM_TASKS` tasks of the platform. They ask Stripe
    for the facts, so order and number of deliveries do not matter. Never inside a transaction: Stripe may have to be asked.
    """
    event = StripeEvent.objects.get(pk=event_pk)
    if event.state in (State.DONE, State.IGNORED, State.CLOSED):
        return event.state
    in_mall, on_platform = (
        settings.STRIPE_EVENT_TASKS.get(event.kind),
        settings.STRIPE_PLATFORM_TASKS.get(event.kind, []),
    )
    is_our_own_payout = event.endpoint == ACCOUNT and event.kind.startswith("payout.")  # its movement says all
    if is_our_own_payout or (not in_mall and not on_platform):
        return _close(event, State.IGNORED, now=now)
    try:
        address = address_of(event)
        _hand_on(event, address, in_mall, on_platform)
    except Doubtful as doubt:
        logger.error("event %s is quarantined: %s", event.event_id, doubt)
        return _close(event, State.QUARANTINED, now=now, detail=str(doubt))
    except Exception as error:  # noqa: BLE001  Stripe or the broker is away, or an event has a shape that we do not know
        logger.warning("event %s failed and is tried again: %r", event.event_id, error)
        return _close(event, State.FAILED, now=now, detail=repr(error))
    return _close(event, State.DONE, now=now, schema=address.tenant_schema)


def _hand_on(event: StripeEvent, address: Address, in_mall: str | None, on_platform: list[str]) -> None:
    told: dict[str, Any] = {
        "kind": event.kind,
        "object_id": event.object_id,
        "payment_reference": address.payment_reference,
    }
    if in_mall:
        enqueue(in_mall, schema=address.tenant_schema, **told)
    for name in on_platform:
        enqueue(name, tenant_schema=address.tenant_schema, account_id=event.account_id, **told)


def _close(event: StripeEvent, state: StripeEvent.State, *, now: datetime, detail: str = "", schema: str = "") -> str:
    StripeEvent.objects.filter(pk=event.pk).update(
        state=state, detail=detail[:300], tenant_schema=schema, handled_at=now, tries=F("tries") + 1
    )
    return str(state)


def replay(*, event_pk: int, by: Actor, now: datetime) -> str:
    """
    Handle an event again, whatever became of it, on a person's word; return its new state. The facts are asked from Stripe: twice does
    no harm. Not inside a transaction.
    """
    _wanted_again([event_pk], by=by, now=now)
    return handle(event_pk=event_pk, now=now)


@transaction.atomic
def replay_many(*, event_pks: Sequence[int], by: Actor, now: datetime) -> int:
    """
    Have events handled again by the workers, on a person's word; return how many. Locks: the events.

    :raises TooMany: more than `MOST_REPLAYED`
    """
    if len(event_pks) > MOST_REPLAYED:
        raise TooMany
    found = _wanted_again(event_pks, by=by, now=now)
    for event in found:
        enqueue("billing.gateway.handle", event_pk=event.pk)
    return len(found)


@transaction.atomic
def _wanted_again(event_pks: Sequence[int], *, by: Actor, now: datetime) -> list[StripeEvent]:
    found = locked(StripeEvent.objects.filter(pk__in=event_pks))
    for event in found:
        subject = ("event", event.event_id[:40])
        summary = phrase(_("Replayed %(kind)s, was: %(state)s"), kind=event.kind, state=State(event.state).label)
        audit.record(action="event.replayed", subject=subject, summary=summary, by=by, now=now)
    StripeEvent.objects.filter(pk__in=[event.pk for event in found]).update(state=State.RECEIVED, detail="")
    return found


@transaction.atomic
def close(*, event_pk: int, reason: str, by: Actor, now: datetime) -> StripeEvent:
    """
    Close an event that failed or is in quarantine without doing anything: it is not ours. Locks: the event.

    :raises ReasonMissing: `reason` is empty
    :raises EventNotOpen: it did not fail and is not in quarantine
    """
    reason = reason.strip()[:300]
    if not reason:
        raise ReasonMissing
    event = locked_one(StripeEvent.objects.filter(pk=event_pk))
    if event.state not in TROUBLE:
        raise EventNotOpen(state=event.state)
    was = event.detail
    event.state, event.detail, event.handled_at = State.CLOSED, reason, now
    event.save(update_fields=["state", "detail", "handled_at"])
    subject = ("event", event.event_id[:40])
    audit.record(action="event.closed", subject=subject, summary=reason, by=by, now=now, was=was)
    return event


def catch_up(*, now: datetime) -> int:
    """
    Fetch the events that never reached us, and start again what was received and not handled; return how many were started.

    :raises GatewayUnavailable: Stripe does not answer; what was waiting is started all the same
    """
    started = _waiting(now=now)
    try:
        for event in _undelivered(since=now - CATCH_UP):
            started += _stored_now(event, endpoint=ACCOUNT, now=now)
        started += _of_accounts(now=now)
    finally:
        for pk in started:
            enqueue("billing.gateway.handle", event_pk=pk)
    return len(started)


def find_disputes(*, now: datetime) -> int:
    """
    Have the malls look at every dispute of the last days, whether or not its news arrived (W7); return how many were handed on.

    :raises GatewayUnavailable: Stripe does not answer
    """
    task, found = settings.STRIPE_EVENT_TASKS["charge.dispute.created"], 0
    for dispute in disputes.disputes_since(now - CATCH_UP):
        try:
            address = address_of_payment(dispute.payment_intent_id)
        except Doubtful as doubt:
            logger.error("dispute %s is nobody's: %s", dispute.dispute_id, doubt)
            continue
        enqueue(
            task,
            schema=address.tenant_schema,
            object_id=dispute.dispute_id,
            payment_reference=address.payment_reference,
        )
        found += 1
    return found


def _waiting(*, now: datetime) -> list[int]:
    late = now - timedelta(seconds=30)
    stuck = StripeEvent.objects.filter(
        state__in=[State.RECEIVED, State.FAILED], received_at__lt=late, tries__lt=MAXIMUM_TRIES
    )
    return list(stuck.order_by("received_at").values_list("pk", flat=True)[:500])


def _of_accounts(*, now: datetime) -> list[int]:
    """Ask the connected accounts in turn; Stripe lists each one's events apart."""
    started: list[int] = []
    rows = ConnectedAccount.objects.filter(disconnected_at=None).order_by(F("caught_up_at").asc(nulls_first=True), "pk")
    for row in rows[:ACCOUNTS_AT_ONCE]:
        since = max(now - CATCH_UP, (row.caught_up_at or row.opened_at) - timedelta(hours=1))
        try:
            found = _undelivered(since=since, account_id=row.account_id)
        except GatewayUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one account that refuses must not hold up the others
            logger.warning("events of %s were not listed: %r", row.account_id, error)
            found = []
        for event in found:
            started += _stored_now({"account": row.account_id, **event}, endpoint=CONNECT, now=now)
        ConnectedAccount.objects.filter(pk=row.pk).update(caught_up_at=now)
    return started


def _stored_now(event: dict[str, Any], *, endpoint: str, now: datetime) -> list[int]:
    row, created = _store(event, endpoint=endpoint, now=now)
    return [row.pk] if created else []


def _undelivered(*, since: datetime, account_id: str = "") -> list[dict[str, Any]]:
    """Return the events that interest us since an instant which some endpoint has not taken, oldest first."""
    kinds = sorted({*settings.STRIPE_EVENT_TASKS, *settings.STRIPE_PLATFORM_TASKS})
    # Stripe takes at most twenty kinds in one question.
    found = []
    for start in range(0, len(kinds), 20):
        params: dict[str, Any] = {
            "created": {"gte": int(since.timestamp())},
            "types": kinds[start : start + 20],
            "delivery_success": False,
            "limit": 100,
        }
        acting = {"stripe_account": account_id} if account_id else {}
        found += every(asked(lambda params=params, acting=acting: api().events.list(params, acting)))  # type: ignore[misc]
    return sorted((plain(event) for event in found), key=lambda event: (event["created"], event["id"]))
