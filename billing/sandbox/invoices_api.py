"""The addresses of invoices, invoice items and credit notes."""

from billing.sandbox import credit_notes, events, invoices, money
from billing.sandbox.errors import ApiError, Json, bad, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, listing, page
from billing.sandbox.params import Flag, Metadata, Needed, Text, Whole, merged
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

METHODS = ("charge_automatically", "send_invoice")


@endpoint(
    "POST",
    "/v1/invoiceitems",
    {
        "amount": Whole(-money.LARGEST, money.LARGEST),
        "currency": Text(3),
        "customer": Needed(Text()),
        "description": Text(5000),
        "invoice": Text(),
        "metadata": Metadata(),
        "period": {"start": Needed(Whole()), "end": Needed(Whole())},
        "quantity": Whole(0),
        "unit_amount_decimal": Text(20),
    },
)
def create_item(call: Call) -> Json:
    """Note something that the customer's next invoice, or the draft that is named, will hold. A negative one is a credit."""
    asked, tx = call.params, call.tx
    customer_of(tx, asked["customer"])
    amount, quantity = asked.get("amount"), 1
    if amount is None:
        quantity = 1 if asked.get("quantity") is None else asked["quantity"]
        unit = asked.get("unit_amount_decimal") or ""
        if not unit.lstrip("-").isdigit():
            raise bad(
                "Either amount or a whole unit_amount_decimal is needed.", code="parameter_missing", param="amount"
            )
        amount = int(unit) * quantity
    if not asked.get("currency"):
        raise bad("Missing required param: currency.", code="parameter_missing", param="currency")
    item: Json = {
        "id": new_id("ii"),
        "object": "invoiceitem",
        "amount": amount,
        "currency": asked["currency"].lower(),
        "customer": asked["customer"],
        "customer_account": None,
        "date": call.now,
        "description": asked.get("description"),
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": asked.get("metadata") or {},
        "net_amount": amount,
        "parent": None,
        "period": asked.get("period") or {"start": call.now, "end": call.now},
        "pricing": None,
        "proration": False,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "tax_rates": [],
        "test_clock": None,
    }
    tx.insert(item)
    if asked.get("invoice"):
        invoice = _invoice(tx, asked["invoice"], status=400)
        _editable(invoice)
        _attach(tx, invoice, [item])
    events.emit(tx, "invoiceitem.created", item)
    return item


def customer_of(tx: Transaction, customer_id: str) -> Json:
    """Return a customer that a parameter names."""
    found = tx.get("customer", customer_id)
    if found is None or found.get("deleted"):
        raise no_such("customer", customer_id, param="customer", status=400)
    return found


def waiting(tx: Transaction, customer_id: str, currency: str) -> list[Json]:
    """Return what waits for a customer's next invoice, oldest first."""
    where, values = equal({"customer": customer_id, "currency": currency}, "customer", "currency")
    return tx.find("invoiceitem", [*where, "json_extract(body, '$.invoice') IS NULL"], values, oldest_first=True)


def lines_of(tx: Transaction, items: list[Json]) -> list[Json]:
    """Return the lines that items become on an invoice."""
    return [
        invoices.line(
            tx,
            amount_minor=item["amount"],
            currency=item["currency"],
            description=item["description"],
            quantity=item["quantity"],
            more={
                "metadata": item["metadata"],
                "period": item["period"],
                "parent": {
                    "type": "invoice_item_details",
                    "invoice_item_details": {"invoice_item": item["id"], "proration": False, "subscription": None},
                    "subscription_item_details": None,
                },
            },
        )
        for item in items
    ]


def _attach(tx: Transaction, invoice: Json, items: list[Json]) -> None:
    invoices.put_lines(invoice, [*invoices.every_line(invoice), *lines_of(tx, items)])
    note_invoiced(tx, invoice, items)
    tx.save(invoice)


def note_invoiced(tx: Transaction, invoice: Json, items: list[Json]) -> None:
    """Note on items which invoice holds them."""
    for item in items:
        item["invoice"] = invoice["id"]
        tx.save(item)


@endpoint("GET", "/v1/invoiceitems/<id>")
def retrieve_item(call: Call) -> Json:
    """Return one item."""
    found = call.tx.get("invoiceitem", call.ids["id"])
    if found is None:
        raise no_such("invoice item", call.ids["id"])
    return found


@endpoint("DELETE", "/v1/invoiceitems/<id>")
def delete_item(call: Call) -> Json:
    """Forget an item that is on no invoice."""
    found = retrieve_item(call)
    if found["invoice"]:
        raise bad("This invoice item is already attached to an invoice.", code="invoice_not_editable")
    call.tx.delete(found["id"])
    return {"id": found["id"], "object": "invoiceitem", "deleted": True}


@endpoint(
    "GET", "/v1/invoiceitems", {**PAGE, "created": RANGE, "customer": Text(), "invoice": Text(), "pending": Flag()}
)
def list_items(call: Call) -> Json:
    """Return items, newest first; `pending` keeps those that wait for an invoice."""
    where, values = created(call.params)
    same, equals = equal(call.params, "customer", "invoice")
    if call.params.get("pending") is not None:
        same.append(f"json_extract(body, '$.invoice') IS {'' if call.params['pending'] else 'NOT '}NULL")
    return page(call.tx, "invoiceitem", call.params, url="/v1/invoiceitems", where=where + same, values=values + equals)


@endpoint(
    "POST",
    "/v1/invoices",
    {
        "auto_advance": Flag(),
        "collection_method": Text(choices=METHODS),
        "currency": Text(3),
        "customer": Needed(Text()),
        "days_until_due": Whole(0),
        "description": Text(1500),
        "footer": Text(5000),
        "metadata": Metadata(),
        "pending_invoice_items_behavior": Text(choices=("include", "exclude")),
    },
)
def create(call: Call) -> Json:
    """Make a draft, with what waited for it if that is asked for."""
    asked, tx = call.params, call.tx
    customer = customer_of(tx, asked["customer"])
    if asked.get("collection_method") == "send_invoice" and asked.get("days_until_due") is None:
        raise bad("You must pass either days_until_due or due_date with send_invoice.", param="days_until_due")
    currency = (asked.get("currency") or "usd").lower()
    items = waiting(tx, customer["id"], currency) if asked.get("pending_invoice_items_behavior") == "include" else []
    invoice = invoices.new(tx, customer, currency=currency, lines=lines_of(tx, items), asked=asked)
    invoice["footer"] = asked.get("footer")
    note_invoiced(tx, invoice, items)
    return tx.save(invoice)


def _invoice(tx: Transaction, invoice_id: str, *, status: int = 404) -> Json:
    found = tx.get("invoice", invoice_id)
    if found is None:
        raise no_such("invoice", invoice_id, status=status)
    return found


def _editable(invoice: Json) -> None:
    if invoice["status"] != "draft":
        raise bad("Finalized invoices can't be modified in this way.", code="invoice_not_editable")


@endpoint("GET", "/v1/invoices/<id>")
def retrieve(call: Call) -> Json:
    """Return one invoice."""
    return _invoice(call.tx, call.ids["id"])


@endpoint("POST", "/v1/invoices/<id>", {"metadata": Metadata(), "description": Text(1500), "auto_advance": Flag()})
def update(call: Call) -> Json:
    """Change what an invoice says about itself."""
    invoice = _invoice(call.tx, call.ids["id"])
    if "description" in call.params:
        _editable(invoice)
        invoice["description"] = call.params["description"]
    invoice["metadata"] = merged(invoice["metadata"], call.params.get("metadata"))
    call.tx.save(invoice)
    events.emit(call.tx, "invoice.updated", invoice, {})
    return invoice


@endpoint("DELETE", "/v1/invoices/<id>")
def delete(call: Call) -> Json:
    """Forget a draft; what was on it waits again."""
    invoice = _invoice(call.tx, call.ids["id"])
    _editable(invoice)
    for item in call.tx.find("invoiceitem", *equal({"invoice": invoice["id"]}, "invoice")):
        item["invoice"] = None
        call.tx.save(item)
    call.tx.delete(invoice["id"])
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


@endpoint("POST", "/v1/invoices/<id>/finalize", {"auto_advance": Flag()})
def finalize(call: Call) -> Json:
    """Make a draft due; with `auto_advance` the customer's card is tried at once."""
    invoice = _invoice(call.tx, call.ids["id"])
    invoices.finalize(call.tx, invoice, public_url=call.public_url)
    if call.params.get("auto_advance", invoice["auto_advance"]) and invoice["collection_method"] == METHODS[0]:
        invoices.attempt(call.tx, invoice)
    return invoice


@endpoint("POST", "/v1/invoices/<id>/pay", {"paid_out_of_band": Flag(), "off_session": Flag()})
def pay(call: Call) -> Json:
    """Try the customer's card now, or note that the money came another way."""
    invoice = _invoice(call.tx, call.ids["id"])
    if invoice["status"] == "draft":
        invoices.finalize(call.tx, invoice, public_url=call.public_url)
    if invoice["status"] == "paid":
        raise bad("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] != "open":
        raise bad(f"This invoice is {invoice['status']}.", code="invoice_not_payable")
    if call.params.get("paid_out_of_band"):
        invoices.paid_elsewhere(call.tx, invoice)
    elif not invoices.attempt(call.tx, invoice):
        raise ApiError(402, "Your card was declined.", kind="card_error", keeps=True, code="card_declined")
    return invoice


@endpoint("POST", "/v1/invoices/<id>/send")
def send(call: Call) -> Json:
    """Send an invoice that is due to its customer."""
    invoice = _invoice(call.tx, call.ids["id"])
    if invoice["status"] == "draft":
        invoices.finalize(call.tx, invoice, public_url=call.public_url)
    else:
        events.emit(call.tx, "invoice.sent", invoice)
    return invoice


@endpoint("POST", "/v1/invoices/<id>/void")
def void(call: Call) -> Json:
    """Take an invoice back."""
    invoice = _invoice(call.tx, call.ids["id"])
    invoices.void(call.tx, invoice)
    return invoice


@endpoint("GET", "/v1/invoices/<id>/lines", PAGE)
def list_lines(call: Call) -> Json:
    """Return a page of an invoice's lines, from the first one or `starting_after` another one."""
    invoice = _invoice(call.tx, call.ids["id"])
    lines, limit = invoices.every_line(invoice), call.params.get("limit") or 10
    ids = [one["id"] for one in lines]
    if (after := call.params.get("starting_after")) and after not in ids:
        raise no_such("line item", after, param="starting_after", status=400)
    rest = lines[ids.index(after) + 1 :] if after else lines
    return listing(rest[:limit], url=f"/v1/invoices/{invoice['id']}/lines", has_more=len(rest) > limit)


@endpoint(
    "GET",
    "/v1/invoices",
    {
        **PAGE,
        "created": RANGE,
        "customer": Text(),
        "status": Text(),
        "subscription": Text(),
        "collection_method": Text(),
    },
)
def list_invoices(call: Call) -> Json:
    """Return invoices, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "customer", "status", "collection_method")
    if call.params.get("subscription"):
        same = [*same, "json_extract(body, '$.parent.subscription_details.subscription') = ?"]
        equals = [*equals, call.params["subscription"]]
    return page(call.tx, "invoice", call.params, url="/v1/invoices", where=where + same, values=values + equals)


@endpoint(
    "POST",
    "/v1/credit_notes",
    {
        "amount": Whole(1),
        "credit_amount": Whole(0),
        "invoice": Needed(Text()),
        "memo": Text(5000),
        "metadata": Metadata(),
        "out_of_band_amount": Whole(0),
        "reason": Text(choices=credit_notes.REASONS),
        "refund_amount": Whole(0),
    },
)
def create_note(call: Call) -> Json:
    """Credit part or all of an invoice."""
    return credit_notes.new(call, _invoice(call.tx, call.params["invoice"], status=400))


@endpoint("GET", "/v1/credit_notes/<id>")
def retrieve_note(call: Call) -> Json:
    """Return one credit note."""
    found = call.tx.get("credit_note", call.ids["id"])
    if found is None:
        raise no_such("credit note", call.ids["id"])
    return found


@endpoint("GET", "/v1/credit_notes", {**PAGE, "created": RANGE, "customer": Text(), "invoice": Text()})
def list_notes(call: Call) -> Json:
    """Return credit notes, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "customer", "invoice")
    return page(call.tx, "credit_note", call.params, url="/v1/credit_notes", where=where + same, values=values + equals)
