"""What Hutong asks of Stripe and does with what Stripe tells. Nothing here runs inside a transaction of a mall."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from saas.kernel.errors import DomainError
from saas.kernel.tasks import enqueue
from tenants.isolation.entrance import on_platform

from . import client
from .client import AmountTooSmall, ForgedWebhook, GatewayUnavailable, PaymentRefused, RefundState
from .models import PaymentReference, StripeEvent

__all__ = ["AmountTooSmall", "ForgedWebhook", "GatewayUnavailable", "PaymentRefused", "RefundState"]

logger = logging.getLogger(__name__)
ENDPOINT = "account"
# After so many tries an event stays failed until a person replays it.
MAXIMUM_TRIES = 10
# How far back the catch-up looks; Stripe keeps events for 30 days and retries for 3.
CATCH_UP = timedelta(days=3)


class ReferenceReused(DomainError):
    """A payment reference came again for another order or amount."""

    code = "reference_reused"


@dataclass(frozen=True)
class CheckoutLine:
    """What the hosted page shows: `units` of `name` at `unit_price_minor` each."""

    name: str
    units: int
    unit_price_minor: int


@dataclass(frozen=True)
class CheckoutRequest:
    """A page to pay at. `reference` is our own name for this try and makes a repeated request open one page."""

    reference: str
    tenant_schema: str
    order_public_id: str
    currency: str
    lines: list[CheckoutLine]
    email: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    language: str = "en"

    @property
    def amount_minor(self) -> int:
        """The sum of the lines."""
        return sum(line.units * line.unit_price_minor for line in self.lines)


@dataclass(frozen=True)
class CheckoutPage:
    """Where the shopper pays."""

    session_id: str
    url: str


@dataclass(frozen=True)
class CheckoutState:
    """A checkout as Stripe has it now: `status` open, complete or expired; `payment` paid, pending or unpaid."""

    session_id: str
    status: str
    payment: str
    payment_intent_id: str
    amount_minor: int
    currency: str
    reference: str


def open_checkout(request: CheckoutRequest, *, now: datetime) -> CheckoutPage:
    """
    Open the hosted page for a try to pay. Our reference is written before the call, so that whatever Stripe tells finds its mall.

    :raises GatewayUnavailable: unknown whether it was opened; asking again with the same reference is safe
    :raises AmountTooSmall: under Stripe's minimum
    :raises PaymentRefused: Stripe refused for another reason
    :raises ReferenceReused: the reference belongs to another order or amount
    """
    with on_platform():
        _remember(request, now=now)
        session = client.create_session(_session_params(request), key=f"cs:{request.reference}")
        PaymentReference.objects.filter(reference=request.reference).update(session_id=session.id)
    return CheckoutPage(session_id=session.id, url=session.url)


@transaction.atomic
def _remember(request: CheckoutRequest, *, now: datetime) -> None:
    facts: dict[str, Any] = {
        "tenant_schema": request.tenant_schema,
        "order_public_id": request.order_public_id,
        "amount_minor": request.amount_minor,
        "currency": request.currency,
    }
    known, _created = PaymentReference.objects.get_or_create(
        reference=request.reference, defaults={**facts, "created_at": now}
    )
    if any(getattr(known, name) != value for name, value in facts.items()):
        raise ReferenceReused(reference=request.reference)


def _session_params(request: CheckoutRequest) -> dict[str, Any]:
    metadata = {"reference": request.reference, "tenant": request.tenant_schema, "order": request.order_public_id}
    params: dict[str, Any] = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": line.units,
                "price_data": {
                    "currency": request.currency,
                    "unit_amount": line.unit_price_minor,
                    "product_data": {"name": line.name},
                },
            }
            for line in request.lines
        ],
        "client_reference_id": request.reference,
        "metadata": metadata,
        "payment_intent_data": {"transfer_group": request.order_public_id, "metadata": metadata},
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
        "locale": "zh" if request.language.startswith("zh") else "auto",
    }
    if request.email:
        params["customer_email"] = request.email
    return params


def read_checkout(*, session_id: str) -> CheckoutState:
    """
    Return a checkout as Stripe has it now.

    :raises GatewayUnavailable: no clear answer
    """
    session = client.retrieve_session(session_id)
    return CheckoutState(
        session_id=session.id,
        status=session.status,
        payment=_payment_of(session),
        payment_intent_id=session.payment_intent.id if session.payment_intent else "",
        amount_minor=session.amount_total,
        currency=session.currency,
        reference=session.client_reference_id or "",
    )


def _payment_of(session: Any) -> str:
    """Say whether a session is paid. A complete one that is not waits for a bank (Alipay, WeChat Pay), unless the bank said no."""
    if session.payment_status in ("paid", "no_payment_required"):
        return "paid"
    refused = session.payment_intent and session.payment_intent.status in ("requires_payment_method", "canceled")
    return "pending" if session.status == "complete" and not refused else "unpaid"


def expire_checkout(*, session_id: str) -> CheckoutState:
    """
    Close a checkout so that nobody can pay it any more, and return what it has become: it may have been paid meanwhile.

    :raises GatewayUnavailable: no clear answer
    """
    try:
        client.expire_session(session_id)
    except PaymentRefused:
        logger.info("checkout %s was no longer open", session_id)
    return read_checkout(session_id=session_id)


def refund(*, payment_intent_id: str, amount_minor: int, key: str, reason: str) -> RefundState:
    """
    Pay back an amount of a payment, once for each key.

    :raises GatewayUnavailable: unknown; ask again with the same key
    :raises PaymentRefused: Stripe will not
    """
    return client.refund(
        payment_intent_id=payment_intent_id,
        amount_minor=amount_minor,
        key=f"refund:{key}",
        metadata={"reason": reason[:200]},
    )


def receive(body: bytes, signature: str, *, now: datetime) -> StripeEvent:
    """
    Store a webhook's event once and start its handling. A second delivery changes nothing.

    :raises ForgedWebhook: not signed by Stripe for us
    """
    event = client.verified(body, signature)
    row, created = _store(event, now=now)
    if created:
        enqueue("billing.gateway.handle", event_pk=row.pk)
    return row


@transaction.atomic
def _store(event: dict[str, Any], *, now: datetime) -> tuple[StripeEvent, bool]:
    return StripeEvent.objects.get_or_create(
        endpoint=ENDPOINT, event_id=event["id"], defaults={"kind": event["type"], "payload": event, "received_at": now}
    )


def handle(*, event_pk: int, now: datetime) -> str:
    """
    Find the mall of a stored event and hand it on; return the event's state. Done or ignored, it is not handled again.

    The mall's task asks Stripe for the facts, so order and number of deliveries do not matter.
    """
    event = StripeEvent.objects.get(pk=event_pk)
    if event.state in (StripeEvent.State.DONE, StripeEvent.State.IGNORED):
        return event.state
    task_name = settings.STRIPE_EVENT_TASKS.get(event.kind)
    if task_name is None:
        return _close(event, StripeEvent.State.IGNORED, now=now)
    reference, doubt = _reference_of(event.payload)
    if reference is None or doubt:
        logger.error("event %s is quarantined: %s", event.event_id, doubt)
        return _close(event, StripeEvent.State.QUARANTINED, now=now, detail=doubt)
    try:
        enqueue(task_name, schema=reference.tenant_schema, payment_reference=reference.reference)
    except Exception as error:  # noqa: BLE001  a broker that is away must not lose the event; the catch-up tries again
        return _close(event, StripeEvent.State.FAILED, now=now, detail=repr(error)[:300])
    return _close(event, StripeEvent.State.DONE, now=now, schema=reference.tenant_schema)


def _reference_of(payload: dict[str, Any]) -> tuple[PaymentReference | None, str]:
    """Return the reference that an event's object names, and why it cannot be trusted, if it cannot."""
    if bool(payload.get("livemode")) != settings.STRIPE_SECRET_KEY.startswith("sk_live_"):
        return None, "the event is of the other mode (live or test)"
    thing = payload.get("data", {}).get("object", {})
    name = thing.get("client_reference_id") or thing.get("metadata", {}).get("reference") or ""
    reference = PaymentReference.objects.filter(reference=name).first() if name else None
    if reference is None:
        return None, f"no payment of ours has the reference “{str(name)[:40]}”"
    if reference.session_id and thing.get("object") == "checkout.session" and thing.get("id") != reference.session_id:
        return reference, "the session is not the one that we opened for this reference"
    if thing.get("metadata", {}).get("tenant", reference.tenant_schema) != reference.tenant_schema:
        return reference, "the event names another mall than our own record"
    return reference, ""


def _close(event: StripeEvent, state: StripeEvent.State, *, now: datetime, detail: str = "", schema: str = "") -> str:
    StripeEvent.objects.filter(pk=event.pk).update(
        state=state, detail=detail[:300], tenant_schema=schema, handled_at=now, tries=F("tries") + 1
    )
    return str(state)


def replay(*, event_pk: int, now: datetime) -> str:
    """Handle a failed, quarantined or done event again, on a person's word; return its new state."""
    StripeEvent.objects.filter(pk=event_pk).update(state=StripeEvent.State.RECEIVED, detail="")
    return handle(event_pk=event_pk, now=now)


def catch_up(*, now: datetime) -> int:
    """
    Fetch the events that never reached us, and start again what was received and not handled; return how many were started.

    :raises GatewayUnavailable: Stripe does not answer
    """
    late = now - timedelta(seconds=30)
    stuck = StripeEvent.objects.filter(
        state__in=[StripeEvent.State.RECEIVED, StripeEvent.State.FAILED], received_at__lt=late, tries__lt=MAXIMUM_TRIES
    )
    started = list(stuck.values_list("pk", flat=True)[:500])
    for event in client.undelivered_events(since=now - CATCH_UP, kinds=sorted(settings.STRIPE_EVENT_TASKS)):
        row, created = _store(event, now=now)
        if created:
            started.append(row.pk)
    for pk in started:
        enqueue("billing.gateway.handle", event_pk=pk)
    return len(started)
