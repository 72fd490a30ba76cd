"""Invoices and credit notes as PDF, behind the links that the API gives: whoever has the link may fetch it."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import noto_cjk_sans_otc
import typst
from flask import abort
from werkzeug.wrappers import Response

from billing.sandbox import invoices, money
from billing.sandbox.errors import Json
from billing.sandbox.hosted import _store, pages
from billing.sandbox.store import Transaction


@pages.get("/invoice/<invoice_id>/pdf")
def invoice_pdf(invoice_id: str) -> Response:
    """Answer with an invoice."""
    with _store().transaction() as tx:
        invoice = _found(tx, "invoice", invoice_id)
    rows = [("Total", invoice["total"]), ("Left to pay", invoice["amount_remaining"])]
    facts = [("Date", _day(invoice["created"])), ("State", invoice["status"])]
    if invoice["due_date"]:
        facts.append(("Due", _day(invoice["due_date"])))
    return _answer("Invoice", invoice, invoice, facts, rows)


@pages.get("/credit_note/<note_id>/pdf")
def credit_note_pdf(note_id: str) -> Response:
    """Answer with a credit note."""
    with _store().transaction() as tx:
        note = _found(tx, "credit_note", note_id)
        invoice = _found(tx, "invoice", note["invoice"])
    facts = [("Date", _day(note["created"])), ("Of invoice", invoice["number"] or ""), ("Why", note["memo"] or "")]
    return _answer("Credit note", note, invoice, facts, [("Credited", note["total"])])


def _found(tx: Transaction, kind: str, object_id: str) -> Json:
    tx.account = tx.owner_of(object_id) or ""
    found = tx.get(kind, object_id)
    if found is None or not found["number"]:
        abort(404)
    return found


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _answer(
    title: str, thing: Json, invoice: Json, facts: list[tuple[str, str]], sums: list[tuple[str, int]]
) -> Response:
    currency = thing["currency"]
    paper = {
        "title": f"{title} {thing['number']}",
        "customer": invoice["customer_name"] or invoice["customer_email"] or invoice["customer"],
        "facts": facts,
        "lines": [(one["description"], money.shown(one["amount"], currency)) for one in invoices.every_line(thing)],
        "sums": [(word, money.shown(minor, currency)) for word, minor in sums],
    }
    content: bytes = typst.compile(
        str(files("billing.sandbox").joinpath("invoice.typ")),
        font_paths=[str(Path(str(noto_cjk_sans_otc.FONT_PATH)).parent)],
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(paper, ensure_ascii=False)},
    )
    name = f"{title.replace(' ', '-')}-{thing['number']}.pdf"
    return Response(
        content, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
