"""Invoices of service packages: single items, invoices of them, credit notes, and how each stands."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .client import NotThere, api, asked, every, with_key
from .models import Outgoing
from .once import Wanted, asked_under, made_before, once, refuse_transaction, was_asked


@dataclass(frozen=True)
class ItemRequest:
    """Something one-off for a mall's next invoice; a negative amount is a credit. `key` is made of business ids."""

    key: str
    tenant_schema: str
    customer_id: str
    amount_minor: int
    currency: str
    description: str


@dataclass(frozen=True)
class InvoiceLine:
    """A line of an invoice; the period is from `starts_at` to before `ends_at`. `price_id` is empty for a single item."""

    description: str
    amount_minor: int
    quantity: int | None
    starts_at: datetime
    ends_at: datetime
    price_id: str = ""


@dataclass(frozen=True)
class CardPayment:
    """A payment that arrived for an invoice, with what of it was for that; a charge of the platform like any other."""

    intent_id: str
    amount_minor: int


@dataclass(frozen=True)
class InvoiceState:
    """
    An invoice at Stripe: `status` draft, open, paid, void or uncollectible. `due_at` is None when the card is charged.

    `off_stripe_minor` was paid past Stripe, as somebody said there; what came more than was due, `overpaid_minor`, Stripe takes off the
    customer's next invoice.
    """

    invoice_id: str
    customer_id: str
    subscription_id: str
    number: str
    status: str
    total_minor: int
    due_minor: int
    paid_minor: int
    remaining_minor: int
    currency: str
    tries: int
    url: str
    created_at: datetime
    due_at: datetime | None
    lines: tuple[InvoiceLine, ...]
    card_payments: tuple[CardPayment, ...]
    off_stripe_minor: int
    overpaid_minor: int


@dataclass(frozen=True)
class CreditRequest:
    """
    A credit note. On an open invoice it lowers what is owed. On a paid one the sum goes to the customer's balance, or back to the
    card with `to_card`.
    """

    key: str
    tenant_schema: str
    invoice_id: str
    amount_minor: int
    memo: str
    to_card: bool = False


def add_item(request: ItemRequest, *, now: datetime) -> str:
    """
    Put a one-off item on the customer's next invoice, once for each key, and return its id.

    :raises GatewayUnavailable: unknown; ask again with the same request
    :raises PaymentRefused: Stripe will not
    """
    params = {
        "customer": request.customer_id,
        "amount": request.amount_minor,
        "currency": request.currency.lower(),
        "description": request.description[:500],
    }
    wanted = Wanted(f"ii:{request.key}", Outgoing.Kind.INVOICE_ITEM, request.tenant_schema, params)
    of_customer = {"customer": request.customer_id, "limit": 100}
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().invoice_items.create(wanted.sent, options)),
        read=lambda item_id: asked(lambda: api().invoice_items.retrieve(item_id)),
        find=lambda: with_key(every(asked(lambda: api().invoice_items.list(of_customer))), wanted.key),
        now=now,
    )
    return str(made.id)


@dataclass(frozen=True)
class PendingItem:
    """Something that waits for a customer's next invoice; a negative amount is a credit."""

    item_id: str
    amount_minor: int
    description: str


def pending(*, customer_id: str, currency: str) -> list[PendingItem]:
    """
    Return what waits for a customer's next invoice, oldest first.

    :raises GatewayUnavailable: no clear answer
    """
    refuse_transaction()
    params = {"customer": customer_id, "pending": True, "limit": 100}
    found = [one for one in every(asked(lambda: api().invoice_items.list(params))) if one.currency == currency.lower()]
    return [PendingItem(one.id, one.amount, one.description or "") for one in reversed(found)]


def take_off(item_id: str) -> bool:
    """
    Let an item wait for no invoice any more. False when it stands on one already; what is gone was taken off before.

    :raises GatewayUnavailable: unknown; asking again is safe
    """
    refuse_transaction()
    try:
        if asked(lambda: api().invoice_items.retrieve(item_id)).invoice:
            return False
        asked(lambda: api().invoice_items.delete(item_id))
    except NotThere:
        return True
    return True


def invoice_items(
    *, key: str, tenant_schema: str, customer_id: str, currency: str, days_until_due: int, now: datetime
) -> InvoiceState:
    """
    Make an invoice of what waits for the customer, and send it (`days_until_due`), or charge the card for 0. Once for each key.

    :raises GatewayUnavailable: unknown; ask again with the same key
    :raises PaymentRefused: Stripe will not
    """
    params: dict[str, Any] = {
        "customer": customer_id,
        "currency": currency.lower(),
        "pending_invoice_items_behavior": "include",
        "auto_advance": True,
        "collection_method": "send_invoice" if days_until_due else "charge_automatically",
    }
    if days_until_due:
        params["days_until_due"] = days_until_due
    wanted = Wanted(f"in:{key}", Outgoing.Kind.INVOICE, tenant_schema, params)
    of_customer = {"customer": customer_id, "limit": 100}
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().invoices.create(wanted.sent, options)),
        read=lambda invoice_id: asked(lambda: api().invoices.retrieve(invoice_id)),
        find=lambda: with_key(every(asked(lambda: api().invoices.list(of_customer))), wanted.key),
        now=now,
    )
    if made.status == "draft":
        options = {"idempotency_key": f"fin:{key}"}
        asked(lambda: api().invoices.finalize_invoice(made.id, {"auto_advance": True}, options))
    return read_invoice(made.id)


def read_invoice(invoice_id: str) -> InvoiceState:
    """
    Return an invoice as Stripe has it now.

    :raises GatewayUnavailable: no clear answer
    :raises NotThere: Stripe knows no such invoice
    """
    refuse_transaction()
    return _invoice(asked(lambda: api().invoices.retrieve(invoice_id, {"expand": ["payments"]})))


def invoices_of(customer_id: str) -> list[InvoiceState]:
    """Return a customer's invoices, newest first."""
    refuse_transaction()
    params = {"customer": customer_id, "limit": 100, "expand": ["data.payments"]}
    return [_invoice(one) for one in every(asked(lambda: api().invoices.list(params)))]


def collect(invoice_id: str) -> InvoiceState:
    """
    Try the customer's card for an open invoice now.

    :raises GatewayUnavailable: unknown; ask again
    :raises PaymentRefused: the card was declined, or the invoice is not open
    """
    refuse_transaction()
    asked(lambda: api().invoices.pay(invoice_id))
    return read_invoice(invoice_id)


def paid_by_netting(invoice_id: str) -> InvoiceState:
    """
    Note that an open invoice was paid from the merchant's balance in our books, not through Stripe. Asked again within a day, Stripe
    answers as it did at first: a refusal says that somebody else paid it, or marked it as paid.

    :raises GatewayUnavailable: unknown; ask again
    :raises PaymentRefused: it is not open
    """
    refuse_transaction()
    options = {"idempotency_key": f"net:{invoice_id}"}
    asked(lambda: api().invoices.pay(invoice_id, {"paid_out_of_band": True}, options))
    return read_invoice(invoice_id)


def invoice_file(invoice_id: str) -> str:
    """
    Return where an invoice's PDF is fetched now, for anyone who has the link; empty for a draft. Stripe lets links grow old: ask each time.

    :raises GatewayUnavailable: no clear answer
    """
    refuse_transaction()
    return str(asked(lambda: api().invoices.retrieve(invoice_id)).invoice_pdf or "")


def credit_file(key: str) -> str:
    """
    Return where the PDF of a credit note is fetched now, by the key of its `CreditRequest`; empty where there is none.

    :raises GatewayUnavailable: no clear answer
    """
    refuse_transaction()
    note_id = made_before(f"cn:{key}")
    return str(asked(lambda: api().credit_notes.retrieve(note_id)).pdf or "") if note_id else ""


def void_invoice(invoice_id: str) -> InvoiceState:
    """Take an open invoice back: nothing is owed for it."""
    refuse_transaction()
    asked(lambda: api().invoices.void_invoice(invoice_id))
    return read_invoice(invoice_id)


def credit(request: CreditRequest, *, now: datetime) -> str:
    """
    Credit part or all of an invoice, once for each key, and return the credit note's id.

    :raises GatewayUnavailable: unknown; ask again with the same request
    :raises PaymentRefused: more than is left of the invoice, or it is a draft
    """
    is_open = read_invoice(request.invoice_id).status == "open"
    params: dict[str, Any] = {
        "invoice": request.invoice_id,
        "amount": request.amount_minor,
        "memo": request.memo[:500],
    }
    where = "refund_amount" if request.to_card else "credit_amount"
    sent = params if is_open else {**params, where: request.amount_minor}
    wanted = Wanted(
        f"cn:{request.key}", Outgoing.Kind.CREDIT_NOTE, request.tenant_schema, {**params, "to_card": request.to_card}
    )
    metadata = wanted.sent["metadata"]
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().credit_notes.create({**sent, "metadata": metadata}, options)),
        read=lambda note_id: asked(lambda: api().credit_notes.retrieve(note_id)),
        find=lambda: with_key(
            every(asked(lambda: api().credit_notes.list({"invoice": request.invoice_id, "limit": 100}))), wanted.key
        ),
        now=now,
    )
    return str(made.id)


def was_item_asked(key: str) -> bool:
    """Tell whether an item was asked for under a key of `ItemRequest`, whatever became of it."""
    return was_asked(f"ii:{key}")


def was_credit_asked(key: str) -> bool:
    """Tell whether a credit was asked for under a key of `CreditRequest`, whatever became of it."""
    return was_asked(f"cn:{key}")


def credits_asked(stem: str) -> list[str]:
    """Return the keys of `CreditRequest` that begin with some words and were asked for, whatever became of them."""
    return [key.removeprefix("cn:") for key in asked_under(f"cn:{stem}")]


def _invoice(found: Any) -> InvoiceState:
    parent = found.parent.subscription_details if found.parent else None
    arrived = [one for one in found.payments.data if one.status == "paid"] if getattr(found, "payments", None) else []
    return InvoiceState(
        invoice_id=found.id,
        customer_id=found.customer,
        subscription_id=parent.subscription if parent else "",
        number=found.number or "",
        status=found.status or "draft",
        total_minor=found.total,
        due_minor=found.amount_due,
        paid_minor=found.amount_paid,
        remaining_minor=found.amount_remaining,
        currency=found.currency,
        tries=found.attempt_count,
        url=found.hosted_invoice_url or "",
        created_at=datetime.fromtimestamp(found.created, UTC),
        due_at=datetime.fromtimestamp(found.due_date, UTC) if found.due_date else None,
        lines=tuple(
            InvoiceLine(
                description=one.description or "",
                amount_minor=one.amount,
                quantity=one.quantity,
                starts_at=datetime.fromtimestamp(one.period.start, UTC),
                ends_at=datetime.fromtimestamp(one.period.end, UTC),
                price_id=_price_of(one),
            )
            for one in every(found.lines)  # an invoice comes with the first ten only
        ),
        card_payments=tuple(
            CardPayment(str(one.payment.payment_intent), one.amount_paid or 0)
            for one in arrived
            if one.payment.type == "payment_intent"
        ),
        off_stripe_minor=getattr(found, "amount_paid_off_stripe", None) or 0,
        overpaid_minor=getattr(found, "amount_overpaid", None) or 0,
    )


def _price_of(line: Any) -> str:
    details = line.pricing.price_details if getattr(line, "pricing", None) else None
    return str(details.price) if details else ""
