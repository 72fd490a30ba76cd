"""Money back to a shopper: asked for once, and followed until it is there or has failed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tenants.isolation.entrance import on_platform

from .client import PaymentRefused, api, asked, every, notes
from .models import Outgoing, PaymentReference
from .once import Wanted, once, refuse_transaction


@dataclass(frozen=True)
class RefundRequest:
    """
    Part or all of a payment to give back. `key` is made of business ids; `reason` goes to Stripe as a note.

    `family` is what goes back once, whatever it was asked for as: its keys are the family, or begin with it and a colon.
    """

    key: str
    tenant_schema: str
    payment_intent_id: str
    amount_minor: int
    reason: str
    family: str = ""


@dataclass(frozen=True)
class RefundState:
    """
    A refund at Stripe: `status` is pending, requires_action, succeeded, failed or canceled. Only `succeeded` has left; it
    can still fail later. `failure` says why.
    """

    refund_id: str
    status: str
    amount_minor: int = 0
    currency: str = ""
    payment_intent_id: str = ""
    charge_id: str = ""
    balance_transaction_id: str = ""
    failure: str = ""
    key: str = ""

    @property
    def is_back(self) -> bool:
        """Whether the money has left for the shopper."""
        return self.status == "succeeded"

    @property
    def is_lost(self) -> bool:
        """Whether it will not arrive."""
        return self.status in ("failed", "canceled")


def refund(request: RefundRequest, *, now: datetime) -> RefundState:
    """
    Give an amount of a payment back, once for each key, even when the answer to the first try was lost days ago. Stripe's own list is read
    first, so that a move or a restore, of the mall or of our database, asks for nothing twice; of a family one that is under way or back
    counts as this one.

    :raises GatewayUnavailable: unknown; ask again with the same request
    :raises AlreadyRefunded: nothing is left of the payment
    :raises ChargeDisputed: the cardholder's bank has the money
    :raises PaymentRefused: another clear no, of Stripe or of ours: the payment is another mall's
    """
    _refuse_foreign(request)
    params = {
        "payment_intent": request.payment_intent_id,
        "amount": request.amount_minor,
        "metadata": {"reason": request.reason[:200]},
    }
    wanted = Wanted(f"refund:{request.key}", Outgoing.Kind.REFUND, request.tenant_schema, params)
    of_payment = {"payment_intent": request.payment_intent_id, "limit": 100}
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().refunds.create(wanted.sent, options)),
        read=lambda refund_id: asked(lambda: api().refunds.retrieve(refund_id)),
        find=lambda: _made_before(every(asked(lambda: api().refunds.list(of_payment))), request),
        now=now,
        looks_first=True,
    )
    return replace(_refund(made), key=request.key)


def _made_before(found: Iterable[Any], request: RefundRequest) -> Any | None:
    """Return a refund that counts as the wanted one: of its key or family; of several one that is not lost."""
    ours = {request.key, request.family} - {""}
    made = [(one, _refund(one)) for one in found]
    known = [
        (one, state)
        for one, state in made
        if state.key in ours or (request.family and state.key.startswith(f"{request.family}:"))
    ]
    alive = [one for one, state in known if not state.is_lost]
    return next(iter([*alive, *(one for one, state in known if state.key == request.key)]), None)


def _refuse_foreign(request: RefundRequest) -> None:
    with on_platform():
        known = PaymentReference.objects.filter(payment_intent_id=request.payment_intent_id)
        if known.exclude(tenant_schema=request.tenant_schema).exists():
            raise PaymentRefused(stripe_message="This payment belongs to another mall.")


def read_refund(refund_id: str) -> RefundState:
    """
    Return a refund as Stripe has it now.

    :raises GatewayUnavailable: no clear answer
    :raises NotThere: Stripe knows no such refund
    """
    refuse_transaction()
    return _refund(asked(lambda: api().refunds.retrieve(refund_id)))


def refunds_since(since: datetime) -> list[RefundState]:
    """Return all refunds made since an instant, newest first, failed ones too, for reconciliation."""
    refuse_transaction()
    params = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    return [_refund(one) for one in every(asked(lambda: api().refunds.list(params)))]


def _refund(found: Any) -> RefundState:
    key = notes(found).get("key", "")
    return RefundState(
        refund_id=found.id,
        status=found.status or "pending",
        amount_minor=found.amount,
        currency=found.currency,
        payment_intent_id=found.payment_intent or "",
        charge_id=found.charge or "",
        balance_transaction_id=found.balance_transaction or "",
        failure=getattr(found, "failure_reason", None) or "",
        key=key.removeprefix("refund:"),
    )
