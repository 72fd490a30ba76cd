"""What asks the gateway for the pot at Stripe. Never inside a transaction."""

import logging
from datetime import datetime, timedelta

from django.db.models import Max

from billing.gateway import balance as pot
from billing.gateway.client import NotThere
from billing.gateway.models import PaymentReference
from billing.gateway.operations import GatewayUnavailable
from billing.ledger.models import Transfer
from billing.settlements.models import Charge, Part

from . import operations
from .compare import SOURCE_KINDS
from .models import Check, Movement
from .operations import MovementFacts

logger = logging.getLogger(__name__)
# How far before the newest known movement is read again: Stripe lists by the second, and some arrive late in the list.
OVERLAP = timedelta(hours=6)
# What is read the first time.
FIRST = timedelta(days=400)


def read_movements(*, now: datetime) -> int:
    """
    Read what moved our pot since the last time, book the fees, and return how many movements were new.

    :raises GatewayUnavailable: no clear answer; what was read stays read, call it again
    """
    newest = Movement.objects.aggregate(newest=Max("moved_at"))["newest"]
    since = newest - OVERLAP if newest else now - FIRST
    told = pot.movements(since=since)
    known = set(
        Movement.objects.filter(movement_id__in=[one.movement_id for one in told]).values_list("movement_id", flat=True)
    )
    facts = [_facts(one) for one in reversed(told) if one.movement_id not in known]
    operations.adopt(now=now)
    return operations.note_movements(facts, now=now)


def _facts(one: pot.Movement) -> MovementFacts:
    kind = SOURCE_KINDS.get(one.kind, "other")
    source, schema = _charge(one.source_id) if kind == "charge" else (one.source_id or one.movement_id, "")
    if kind == "transfer":
        part = Part.objects.select_related("settlement").filter(transfer_id=one.source_id).first()
        schema = part.settlement.tenant_schema if part else ""
    return MovementFacts(
        movement_id=one.movement_id,
        stripe_type=one.kind,
        source_kind=kind,
        source_id=source,
        tenant_schema=schema,
        amount_minor=one.amount_minor,
        fee_minor=one.fee_minor,
        currency=one.currency,
        moved_at=one.created_at,
    )


def _charge(charge_id: str) -> tuple[str, str]:
    """Return our reference of a charge and its mall; for a charge that is not ours its own id."""
    charge = Charge.objects.filter(charge_id=charge_id).first()
    if charge is not None:
        return charge.reference, charge.tenant_schema
    try:
        intent_id = pot.read_charge(charge_id).payment_intent_id
    except NotThere:
        return charge_id, ""
    return _of_intent(intent_id) or (intent_id or charge_id, "")


def _of_intent(intent_id: str) -> tuple[str, str] | None:
    """Return our reference of a payment and its mall; None for one that pays for no order, or is not told to us yet."""
    if not intent_id:
        return None
    charge = Charge.objects.filter(payment_intent_id=intent_id).first()
    if charge is not None:
        return charge.reference, charge.tenant_schema
    unassigned = Transfer.objects.filter(kind="payment_unassigned", details__payment_intent=intent_id).first()
    if unassigned is not None:
        return unassigned.key.split(":")[1], unassigned.tenant_schema
    reference = PaymentReference.objects.filter(payment_intent_id=intent_id).first()
    return (reference.reference, reference.tenant_schema) if reference else None


def _name_late() -> None:
    """Give the charges that were read before their mall had told of them the name that they have by now."""
    for row in Movement.objects.filter(source_kind="charge", source_id__startswith="pi_"):
        known = _of_intent(row.source_id)
        if known is not None:
            Movement.objects.filter(pk=row.pk).update(source_id=known[0], tenant_schema=known[1])


def reconcile(*, now: datetime, check: Check | None = None) -> Check:
    """Read Stripe's side until it stands still, then compare all sides. When Stripe does not answer, the rest is compared."""
    try:
        balance = _settled_balance(now=now)
        _name_late()
    except GatewayUnavailable:
        logger.warning("Stripe does not answer; the pot is not compared this time")
        balance = None
    return operations.reconcile(stripe_balance=balance, now=now, check=check)


def _settled_balance(*, now: datetime) -> dict[str, int] | None:
    """
    Return Stripe's balance by currency at an instant at which all its movements are read; None when it never stood still.

    :raises GatewayUnavailable: no clear answer
    """
    read_movements(now=now)
    for _attempt in range(5):
        found = pot.read_balance()
        if read_movements(now=now) == 0:
            return {one.currency: one.available_minor + one.pending_minor + one.reserved_minor for one in found}
    return None
