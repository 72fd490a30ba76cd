"""What speaks to the gateway for settlements. Never inside a transaction; every step may be repeated, and be cut off anywhere."""

import logging
import time
from datetime import datetime, timedelta

from billing.gateway import accounts, transfers
from billing.gateway import balance as pot
from billing.gateway.operations import GatewayUnavailable, InsufficientFunds, PaymentRefused
from billing.gateway.transfers import TransferRequest
from saas.kernel.tasks import enqueue

from . import operations
from .models import Charge, Part, Settlement, SettlementRun

logger = logging.getLogger(__name__)

# What the platform bears waits so long for the platform's own balance at Stripe to hold it before it needs a person. A payment by card
# takes Stripe up to a week to make available, and a payout to the platform's bank is seen by a person before.
PATIENCE = timedelta(days=7)
# A task goes on so long before it leaves the rest to a task of its own, so that other work has its turn and no time limit cuts a run off.
SLICE_S = 60.0


def carry_out(*, run_public_id: str, now: datetime, after: int = 0, seconds: float = SLICE_S) -> SettlementRun:
    """
    Claim and send every settlement of an approved run whose key is above `after`, and return the run. After `seconds` no further one is
    begun: the rest has been left to another task, what is unknown to the next half-hourly start, and the run is not done yet.

    Started twice or killed anywhere, each settlement is claimed once and each part sent once (M16): a claim is one transaction, and a part
    is asked for under its own key until Stripe has said yes or no. A part without a clear answer does not hold up the others, nor does
    one that waits for the platform's own balance: it is asked for by a later start, once the balance holds it.

    :raises GatewayUnavailable: at least one part is unknown; start it again
    """
    run = SettlementRun.objects.get(public_id=run_public_id)
    if run.state != SettlementRun.State.APPROVED:
        return run
    unknown, free_minor, until = 0, _free_minor(run), time.monotonic() + seconds
    is_open = {"state__in": [Settlement.State.PROPOSED, Settlement.State.SENDING, Settlement.State.EMPTY]}
    left = list(run.settlements.filter(pk__gt=after, **is_open).order_by("pk").values_list("pk", flat=True))
    for settlement_id in left:
        settlement = operations.claim(settlement_id=settlement_id, now=now)
        if settlement.state in (Settlement.State.SENDING, Settlement.State.EMPTY):
            unknown += _send_all(settlement, free_minor, now=now)
            operations.close(settlement_id=settlement_id, now=now)
        if settlement_id != left[-1] and time.monotonic() >= until:
            enqueue("billing.settlements.carry_out", run_public_id=run_public_id, after=settlement_id)
            return run
    if unknown:
        raise GatewayUnavailable(parts=unknown)
    run.refresh_from_db()
    return run


def _free_minor(run: SettlementRun) -> dict[str, int]:
    """Return what the platform's own balance could send now, by currency; asked only when a part of the run waits for it."""
    if not Part.objects.filter(settlement__run=run, state=Part.State.PLANNED, waits_since__isnull=False).exists():
        return {}
    return {one.currency: one.available_minor for one in pot.read_balance()}


def _send_all(settlement: Settlement, free_minor: dict[str, int], *, now: datetime) -> int:
    """Send a settlement's planned parts and return of how many the outcome is unknown. What is sent of `free_minor` is taken off it."""
    unknown = 0
    for part in settlement.parts.filter(state=Part.State.PLANNED).order_by("pk"):
        if part.waits_since is not None and not _may_ask(part, settlement.currency, free_minor, now=now):
            continue
        try:
            send(part_id=part.pk, now=now)
        except GatewayUnavailable:
            logger.warning("the transfer of part %s is unknown; it is asked for again", part.pk)
            unknown += 1
    return unknown


def _may_ask(part: Part, currency: str, free_minor: dict[str, int], *, now: datetime) -> bool:
    """Tell whether the platform's own balance holds a waiting part by now; after `PATIENCE` a person looks at it instead."""
    if part.tried_at is not None:  # asked for and cut off before the answer: the same key says what became of it
        return True
    if free_minor.get(currency, 0) >= part.amount_minor:
        free_minor[currency] -= part.amount_minor
        return True
    if part.waits_since is not None and now - part.waits_since >= PATIENCE:
        operations.note_refused(part_id=part.pk, detail=part.detail, now=now)
    return False


def send(*, part_id: int, now: datetime) -> Part | None:
    """
    Send one part, once; None when there was nothing to send.

    :raises GatewayUnavailable: unknown; call it again
    """
    part = operations.begin_try(part_id=part_id, now=now)
    if part is None:
        return None
    account_id = _account_of(part)
    if account_id is None:
        return operations.note_refused(
            part_id=part_id, detail="the mall's Stripe account cannot receive money", now=now
        )
    try:
        made = transfers.send(_request(part, account_id), now=now)
    except PaymentRefused as refusal:
        said = str(refusal.data.get("stripe_message") or refusal.data.get("stripe_code") or refusal.code)
        if part.is_borne and isinstance(refusal, InsufficientFunds):
            return operations.note_waiting(part_id=part_id, attempt=part.attempt, detail=said, now=now)
        return operations.note_refused(part_id=part_id, detail=said, now=now)
    return operations.note_sent(part_id=part_id, transfer_id=made.transfer_id, now=now)


def _account_of(part: Part) -> str | None:
    """
    Return the account that a part goes to, None where it cannot be sent to. What may have been made before the account was restricted is
    asked for still: a part that was sent is never noted as refused, and so never sent again.
    """
    account = accounts.known_account(part.settlement.tenant_schema)
    if account is None:
        return None
    can_be_sent_to = account.can_receive and account.is_connected
    return account.account_id if can_be_sent_to or transfers.may_be_made(_key(part)) else None


def _key(part: Part) -> str:
    return f"{part.public_id}:{part.attempt}"


def _request(part: Part, account_id: str) -> TransferRequest:
    """Return the request for a part: only from rows that do not change, so that a repeated request is the same one."""
    return TransferRequest(
        key=_key(part),
        tenant_schema=part.settlement.tenant_schema,
        account_id=account_id,
        charge_id="" if part.is_borne else _charge_id(part.charge),
        transfer_group=part.charge.order_public_id,
        amount_minor=part.amount_minor,
        currency=part.settlement.currency,
    )


def _charge_id(charge: Charge) -> str:
    if not charge.charge_id:
        charge.charge_id = pot.charge_of_payment(charge.payment_intent_id).charge_id
        Charge.objects.filter(pk=charge.pk).update(charge_id=charge.charge_id)
    return charge.charge_id
