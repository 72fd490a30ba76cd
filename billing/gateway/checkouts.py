"""Pages at which a shopper pays."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from saas.kernel.errors import DomainError
from tenants.isolation.entrance import on_platform

from .client import PaymentRefused, api, asked
from .models import PaymentReference

logger = logging.getLogger(__name__)


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
        params, key = _session_params(request), f"cs:{request.reference}"
        session = asked(lambda: api().checkout.sessions.create(params, {"idempotency_key": key}))
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
    session = asked(lambda: api().checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]}))
    intent_id = session.payment_intent.id if session.payment_intent else ""
    if intent_id and session.client_reference_id:
        _note_intent(session.client_reference_id, intent_id)
    return CheckoutState(
        session_id=session.id,
        status=session.status,
        payment=_payment_of(session),
        payment_intent_id=intent_id,
        amount_minor=session.amount_total,
        currency=session.currency,
        reference=session.client_reference_id or "",
    )


def _note_intent(reference: str, intent_id: str) -> None:
    """Note which payment a reference became, so that refunds and disputes find their mall by it."""
    with on_platform():
        PaymentReference.objects.filter(reference=reference, payment_intent_id="").update(payment_intent_id=intent_id)


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
        asked(lambda: api().checkout.sessions.expire(session_id))
    except PaymentRefused:
        logger.info("checkout %s was no longer open", session_id)
    return read_checkout(session_id=session_id)
