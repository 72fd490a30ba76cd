"""Invoices: from lines to a sum that is due, and how it is paid: by the customer's card, on its page, or not at all."""

from billing.sandbox import cards, clock, events, payments
from billing.sandbox.errors import Json, bad
from billing.sandbox.lists import extra, listing
from billing.sandbox.store import Transaction, new_id, public

RETRY_SECONDS = 3 * 24 * 3600
TRIES = 4
"""After so many a card that fails is not tried again; the subscription is then unpaid."""
LINES_SHOWN = 10
"""An invoice comes with so many of its lines; the others are asked for at their own address."""
EMPTY = (
    "account_tax_ids application automatically_finalizes_at confirmation_secret custom_fields customer_account customer_address "
    "customer_phone customer_shipping default_payment_method default_source description due_date effective_at "
    "ending_balance footer from_invoice hosted_invoice_url invoice_pdf last_finalization_error latest_revision "
    "next_payment_attempt number on_behalf_of parent receipt_number rendering shipping_cost shipping_details "
    "statement_descriptor test_clock webhooks_delivered_at"
).split()


def line(tx: Transaction, *, amount_minor: int, currency: str, description: str, quantity: int, more: Json) -> Json:
    """Return a line; `more` may hold period, price, parent, metadata."""
    price = more.get("price")
    pricing = None
    if price:
        pricing = {
            "type": "price_details",
            "price_details": {"price": price["id"], "product": price["product"]},
            "unit_amount_decimal": price["unit_amount_decimal"],
        }
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount_minor,
        "currency": currency,
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": more.get("metadata") or {},
        "parent": more.get("parent"),
        "period": more.get("period") or {"start": tx.now, "end": tx.now},
        "pretax_credit_amounts": [],
        "pricing": pricing,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subtotal": amount_minor,
        "taxes": [],
    }


def new(tx: Transaction, customer: Json, *, currency: str, lines: list[Json], asked: Json) -> Json:
    """
    Keep a draft and say so. `asked` may hold collection_method, days_until_due, metadata, description, billing_reason,
    subscription (an object), auto_advance, items (ids of what waited for an invoice).
    """
    subscription = asked.get("subscription")
    method = asked.get("collection_method") or "charge_automatically"
    period = lines[0]["period"] if subscription and lines else {"start": tx.now, "end": tx.now}
    invoice: Json = {
        **dict.fromkeys(EMPTY),
        "id": new_id("in"),
        "object": "invoice",
        "account_country": "US",
        "account_name": "Sandbox",
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": bool(asked.get("auto_advance")),
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_reason": asked.get("billing_reason") or "manual",
        "collection_method": method,
        "created": tx.now,
        "currency": currency,
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "description": asked.get("description"),
        "discounts": [],
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": asked.get("metadata") or {},
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": period["end"],
        "period_start": period["start"],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
        "subtotal": 0,
        "total": 0,
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "_": {"days_until_due": asked.get("days_until_due"), "items": asked.get("items") or []},
    }
    if method == "send_invoice":
        invoice["due_date"] = tx.now + (asked.get("days_until_due") or 30) * 24 * 3600
    if subscription:
        details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
        invoice["parent"] = {"type": "subscription_details", "subscription_details": details, "quote_details": None}
    put_lines(invoice, lines)
    tx.insert(invoice)
    events.emit(tx, "invoice.created", invoice)
    return invoice


def every_line(invoice: Json) -> list[Json]:
    """Return all lines of an invoice or a credit note; an invoice comes with its first ones only."""
    found: list[Json] = invoice.get("_", {}).get("lines") or invoice["lines"]["data"]
    return found


def put_lines(invoice: Json, lines: list[Json]) -> None:
    """Give a draft its lines, and with them its sums. As at Stripe it shows the first `LINES_SHOWN`; see `every_line`."""
    for one in lines:
        one["invoice"] = invoice["id"]
    url = f"/v1/invoices/{invoice['id']}/lines"
    total = sum(one["amount"] for one in lines)
    shown = listing(lines[:LINES_SHOWN], url=url, has_more=len(lines) > LINES_SHOWN)
    invoice["lines"] = shown | {"total_count": len(lines)}
    invoice["_"]["lines"] = listing(lines, url=url)["data"]
    invoice |= {
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_excluding_tax": total,
        "amount_due": max(0, total),
        "amount_remaining": max(0, total),
    }


def finalize(tx: Transaction, invoice: Json, *, public_url: str = "") -> None:
    """Give a draft its number and make it due; a customer's credit pays first. A sum of zero is paid at once."""
    if invoice["status"] != "draft":
        raise bad("This invoice is already finalized, you can't re-finalize it.", code="invoice_not_editable")
    customer = tx.need("customer", invoice["customer"])
    number, customer["next_invoice_sequence"] = (
        customer["next_invoice_sequence"],
        customer["next_invoice_sequence"] + 1,
    )
    invoice["starting_balance"] = customer["balance"]
    due = invoice["total"] + customer["balance"]
    customer["balance"] = min(0, due) if due < 0 or customer["balance"] < 0 else 0
    invoice |= {
        "ending_balance": customer["balance"],
        "amount_due": max(0, due),
        "amount_remaining": max(0, due),
        "status": "open",
        "number": f"{customer['invoice_prefix']}-{number:04d}",
        "effective_at": tx.now,
        "hosted_invoice_url": f"{public_url or tx.setting('public_url')}/c/invoice/{invoice['id']}",
        "invoice_pdf": f"{public_url or tx.setting('public_url')}/c/invoice/{invoice['id']}/pdf",
    }
    invoice["status_transitions"]["finalized_at"] = tx.now
    tx.save(customer)
    tx.save(invoice)
    events.emit(tx, "invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        settled(tx, invoice)
    elif invoice["collection_method"] == "send_invoice":
        events.emit(tx, "invoice.sent", invoice)
        clock.schedule(tx, "invoice_overdue", invoice["id"], due_at=invoice["due_date"])


@clock.job("invoice_overdue")
def overdue(tx: Transaction, target: str, _detail: Json) -> None:
    """Nobody has paid an invoice by its date."""
    invoice = tx.need("invoice", target)
    if invoice["status"] != "open":
        return
    events.emit(tx, "invoice.overdue", invoice)
    _follow(tx, invoice)


def attempt(tx: Transaction, invoice: Json) -> bool:
    """Try the customer's card; a refusal is tried again in three days, up to four times. Tell whether it is paid."""
    if invoice["status"] != "open":
        return bool(invoice["status"] == "paid")
    customer = tx.need("customer", invoice["customer"])
    card = customer.get("_", {}).get("card")
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    if card == "pays":
        take(tx, invoice, customer)
        return True
    is_last = invoice["attempt_count"] >= TRIES
    invoice["next_payment_attempt"] = None if is_last else tx.now + RETRY_SECONDS
    tx.save(invoice)
    clock.cancel(tx, "retry_invoice", invoice["id"])
    if not is_last:
        clock.schedule(tx, "retry_invoice", invoice["id"], due_at=tx.now + RETRY_SECONDS)
    events.emit(tx, "invoice.payment_failed", invoice)
    _follow(tx, invoice)
    return False


@clock.job("retry_invoice")
def retry(tx: Transaction, target: str, _detail: Json) -> None:
    """Try a card again that was refused."""
    attempt(tx, tx.need("invoice", target))


def take(tx: Transaction, invoice: Json, customer: Json) -> None:
    """Take what is left of an invoice by card; the charge is the platform's like any other."""
    card = cards.of(cards.KNOWN_CARDS[0].number, now=tx.now)
    method = payments.new_method(tx, "card", card.details, email=customer["email"], name=customer["name"])
    intent = payments.new_intent(
        tx,
        amount_minor=invoice["amount_remaining"],
        currency=invoice["currency"],
        methods=["card"],
        extra={"customer": customer["id"], "description": f"Invoice {invoice['number']}"},
    )
    intent["payment_method"] = method["id"]
    payments.succeed(tx, intent, method)
    invoice["_"]["intent"] = intent["id"]
    settled(tx, invoice)


def paid_elsewhere(tx: Transaction, invoice: Json) -> None:
    """Note that an invoice was paid without Stripe."""
    invoice["amount_paid_off_stripe"] = invoice["amount_remaining"]
    settled(tx, invoice)


def settled(tx: Transaction, invoice: Json) -> None:
    """Nothing is left to pay."""
    clock.cancel(tx, "retry_invoice", invoice["id"])
    clock.cancel(tx, "invoice_overdue", invoice["id"])
    invoice["amount_paid"] += invoice["amount_remaining"]
    invoice |= {"amount_remaining": 0, "status": "paid", "attempted": True, "next_payment_attempt": None}
    invoice["status_transitions"]["paid_at"] = tx.now
    tx.save(invoice)
    events.emit(tx, "invoice.paid", invoice)
    if invoice["_"].get("intent"):
        events.emit(tx, "invoice.payment_succeeded", invoice)
    _follow(tx, invoice)


def _follow(tx: Transaction, invoice: Json) -> None:
    """Let the subscription be as well paid as its newest invoice."""
    parent = (invoice["parent"] or {}).get("subscription_details")
    subscription = tx.get("subscription", parent["subscription"]) if parent else None
    if subscription is None or subscription["status"] == "canceled" or subscription["latest_invoice"] != invoice["id"]:
        return
    status = "active"
    if invoice["status"] == "open":
        status = "past_due"
        if subscription["status"] == "incomplete":
            status = "incomplete"
        elif invoice["attempt_count"] >= TRIES:
            status = "unpaid"
    if status != subscription["status"]:
        previous = {"status": subscription["status"]}
        subscription["status"] = status
        tx.save(subscription)
        events.emit(tx, "customer.subscription.updated", subscription, previous)


def void(tx: Transaction, invoice: Json) -> None:
    """Take an open invoice back."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise bad(f"You can only void open or uncollectible invoices; this one is {invoice['status']}.")
    clock.cancel(tx, "retry_invoice", invoice["id"])
    clock.cancel(tx, "invoice_overdue", invoice["id"])
    invoice |= {"status": "void", "amount_remaining": 0}
    invoice["status_transitions"]["voided_at"] = tx.now
    tx.save(invoice)
    events.emit(tx, "invoice.voided", invoice)


@extra("invoice", "payments")
def payments_of(tx: Transaction, invoice: Json) -> Json:
    """Return what paid an invoice."""
    full = tx.need("invoice", invoice["id"])
    url = "/v1/invoice_payments"
    intent = tx.get("payment_intent", full["_"].get("intent"))
    if intent is None:
        return listing([], url=url)
    payment: Json = {
        "id": "inpay" + intent["id"][2:],
        "object": "invoice_payment",
        "amount_paid": intent["amount"],
        "amount_requested": intent["amount"],
        "created": intent["created"],
        "currency": intent["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
        "status": "paid",
        "status_transitions": {"canceled_at": None, "paid_at": intent["created"]},
    }
    return listing([public(payment)], url=url)
