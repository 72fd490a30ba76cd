"""Credit notes: an invoice is too high, and this is how much, and what becomes of it."""

from billing.sandbox import events, invoices, refunds
from billing.sandbox.errors import Json, bad
from billing.sandbox.lists import listing
from billing.sandbox.store import new_id
from billing.sandbox.wire import Call

REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")


def new(call: Call, invoice: Json) -> Json:
    """
    Credit an invoice. An open one owes less; of a paid one the sum goes to the customer's balance, back to the card, or
    was given another way, and the three add up to the amount.
    """
    asked, tx = call.params, call.tx
    if invoice["status"] not in ("open", "paid"):
        raise bad(f"You can only credit open or paid invoices; this one is {invoice['status']}.", param="invoice")
    amount = asked.get("amount")
    if not amount:
        raise bad("Missing required param: amount.", code="parameter_missing", param="amount")
    credited = invoice["pre_payment_credit_notes_amount"] + invoice["post_payment_credit_notes_amount"]
    left = invoice["amount_remaining"] if invoice["status"] == "open" else invoice["total"] - credited
    if amount > left:
        raise bad(f"The sum of credit notes cannot exceed what is left of the invoice ({left}).", param="amount")
    note = _note(call, invoice, amount)
    tx.insert(note)
    if invoice["status"] == "open":
        _owe_less(call, invoice, amount)
    else:
        _give_back(call, invoice, note)
    tx.save(note)
    tx.save(invoice)
    events.emit(tx, "credit_note.created", note)
    return note


def _note(call: Call, invoice: Json, amount: int) -> Json:
    note_id = new_id("cn")
    is_open = invoice["status"] == "open"
    line: Json = {
        "id": new_id("cnli"),
        "object": "credit_note_line_item",
        "amount": amount,
        "description": "Credit",
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": 1,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
    return {
        "id": note_id,
        "object": "credit_note",
        "amount": amount,
        "amount_shipping": 0,
        "created": call.now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": call.now,
        "invoice": invoice["id"],
        "lines": listing([line], url=f"/v1/credit_notes/{note_id}/lines"),
        "livemode": False,
        "memo": call.params.get("memo"),
        "metadata": call.params.get("metadata") or {},
        "number": f"{invoice['number']}-CN-{note_id[-4:].upper()}",
        "out_of_band_amount": call.params.get("out_of_band_amount"),
        "pdf": f"{call.public_url}/c/credit_note/{note_id}/pdf",
        "post_payment_amount": 0 if is_open else amount,
        "pre_payment_amount": amount if is_open else 0,
        "pretax_credit_amounts": [],
        "reason": call.params.get("reason"),
        "refunds": [],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "pre_payment" if is_open else "post_payment",
        "voided_at": None,
    }


def _owe_less(call: Call, invoice: Json, amount: int) -> None:
    invoice["pre_payment_credit_notes_amount"] += amount
    invoice["amount_remaining"] -= amount
    invoice["amount_due"] -= amount
    if invoice["amount_remaining"] == 0:
        invoices.settled(call.tx, invoice)


def _give_back(call: Call, invoice: Json, note: Json) -> None:
    asked = call.params
    parts = {name: asked.get(name) or 0 for name in ("credit_amount", "refund_amount", "out_of_band_amount")}
    if sum(parts.values()) != note["amount"]:
        raise bad(
            "The sum of credit amount, refund amount and out of band amount must equal the amount.", param="amount"
        )
    invoice["post_payment_credit_notes_amount"] += note["amount"]
    if parts["credit_amount"]:
        customer = call.tx.need("customer", invoice["customer"])
        customer["balance"] -= parts["credit_amount"]
        call.tx.save(customer)
        events.emit(call.tx, "customer.updated", customer, {"balance": customer["balance"] + parts["credit_amount"]})
    if parts["refund_amount"]:
        refund = refunds.of_intent(call, invoice["_"].get("intent"), parts["refund_amount"])
        note["refunds"] = [
            {
                "amount_refunded": refund["amount"],
                "payment_record_refund": None,
                "refund": refund["id"],
                "type": "refund",
            }
        ]
