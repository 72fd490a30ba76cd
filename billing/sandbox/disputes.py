"""
Disputes: a cardholder's bank takes the money back; evidence is sent, and the bank decides.

An inquiry is a dispute of which the bank has only asked so far (`warning_…`): no money moves, and the charge can be refunded. Refunded
in full, or after 120 days, it closes; `escalate` makes it a dispute that takes the money.
"""

from billing.sandbox import balance, clock, events, files
from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, page
from billing.sandbox.params import Flag, Metadata, Text, merged
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

FEE_MINOR = 1500
"""What a dispute costs, won or lost."""
ANSWER_DAYS = 7
DECIDE_SECONDS = 10
REASONS = (
    "bank_cannot_process check_returned credit_not_processed customer_initiated debit_not_authorized duplicate fraudulent "
    "general incorrect_account_details insufficient_funds product_not_received product_unacceptable "
    "subscription_canceled unrecognized"
).split()
FIELDS = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal "
    "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy "
    "refund_policy_disclosure refund_refusal_explanation service_date service_documentation shipping_address "
    "shipping_carrier shipping_date shipping_documentation shipping_tracking_number uncategorized_file uncategorized_text"
).split()
FILES = (
    "cancellation_policy customer_communication customer_signature duplicate_charge_documentation receipt refund_policy "
    "service_documentation shipping_documentation uncategorized_file"
).split()
"""Those of the fields that name a file."""
LONGEST = 150_000
"""Characters that all evidence together may have."""
INQUIRY_DAYS = 120
ASKED = ("warning_needs_response", "warning_under_review")
OPEN = ("needs_response", "under_review", *ASKED)


def start(
    tx: Transaction,
    charge: Json,
    *,
    amount_minor: int | None = None,
    reason: str = "fraudulent",
    is_inquiry: bool = False,
) -> Json:
    """A cardholder disputes a charge: the money and a fee leave the balance at once. With `is_inquiry` the bank only asks."""
    amount = min(amount_minor or charge["amount"], charge["amount"])
    dispute: Json = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": tx.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(FIELDS), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": tx.now + ANSWER_DAYS * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if is_inquiry else "chargeback",
                "network_reason_code": "4855",
            },
        },
        "reason": reason if reason in REASONS else "general",
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }
    tx.insert(dispute)
    charge["disputed"] = True
    tx.save(charge)
    events.emit(tx, "charge.dispute.created", dispute)
    if is_inquiry:
        clock.schedule(tx, "inquiry_ends", dispute["id"], due_at=tx.now + INQUIRY_DAYS * 24 * 3600)
    else:
        _withdraw(tx, dispute)
    return dispute


def _withdraw(tx: Transaction, dispute: Json) -> None:
    _move(tx, dispute, amount_minor=-dispute["amount"], fee_minor=FEE_MINOR)
    events.emit(tx, "charge.dispute.funds_withdrawn", dispute)
    clock.schedule(tx, "dispute_runs_out", dispute["id"], due_at=dispute["evidence_details"]["due_by"])


def escalate(tx: Transaction, target: str) -> None:
    """The bank that only asked takes the money, and has to be answered anew."""
    dispute = tx.need("dispute", target)
    if dispute["status"] not in ASKED:
        return
    clock.cancel(tx, "inquiry_ends", target)
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    dispute["evidence_details"]["due_by"] = tx.now + ANSWER_DAYS * 24 * 3600
    tx.save(dispute)
    events.emit(tx, "charge.dispute.updated", dispute)
    _withdraw(tx, dispute)


@clock.job("inquiry_ends")
def end_inquiry(tx: Transaction, target: str, _detail: Json) -> None:
    """The bank asks no more."""
    dispute = tx.need("dispute", target)
    if dispute["status"] not in ASKED:
        return
    clock.cancel(tx, "inquiry_ends", target)
    dispute |= {"status": "warning_closed", "is_charge_refundable": False}
    tx.save(dispute)
    events.emit(tx, "charge.dispute.closed", dispute)


def charge_refunded(tx: Transaction, charge: Json) -> None:
    """A charge was given back in full: a bank that only asked about it asks no more."""
    where, values = equal({"charge": charge["id"]}, "charge")
    for dispute in list(tx.find("dispute", where, values)):
        end_inquiry(tx, dispute["id"], {})


@clock.job("dispute_charge")
def start_by_card(tx: Transaction, target: str, detail: Json) -> None:
    """The holder of a test card that disputes has looked at the statement."""
    start(tx, tx.need("charge", target), is_inquiry=bool(detail.get("inquiry")))


def _move(tx: Transaction, dispute: Json, *, amount_minor: int, fee_minor: int = 0) -> None:
    moved = balance.move(tx, "adjustment", dispute, amount_minor=amount_minor, fee_minor=fee_minor, available_on=tx.now)
    moved["reporting_category"] = "dispute" if amount_minor < 0 else "dispute_reversal"
    tx.save(moved)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], moved]
    tx.save(dispute)


@clock.job("decide_dispute")
def decide(tx: Transaction, target: str, detail: Json) -> None:
    """The bank decides: `won` gives the money back, the fee stays. Of an inquiry, won or not, no money moves."""
    dispute = tx.need("dispute", target)
    if dispute["status"] not in OPEN:
        return
    if detail.get("won") and dispute["status"] in ASKED:
        end_inquiry(tx, target, {})
        return
    clock.cancel(tx, "inquiry_ends", target)
    clock.cancel(tx, "decide_dispute", target)
    clock.cancel(tx, "dispute_runs_out", target)
    dispute["status"] = "won" if detail.get("won") else "lost"
    tx.save(dispute)
    if detail.get("won"):
        _move(tx, dispute, amount_minor=dispute["amount"])
        events.emit(tx, "charge.dispute.funds_reinstated", dispute)
    events.emit(tx, "charge.dispute.closed", dispute)


@clock.job("dispute_runs_out")
def run_out(tx: Transaction, target: str, _detail: Json) -> None:
    """Nobody has answered in time: it is lost."""
    dispute = tx.need("dispute", target)
    if dispute["status"] == "needs_response":
        dispute["evidence_details"]["past_due"] = True
        tx.save(dispute)
        decide(tx, target, {"won": False})


def _one(call: Call) -> Json:
    found = call.tx.get("dispute", call.ids["dispute"])
    if found is None:
        raise no_such("dispute", call.ids["dispute"])
    return found


@endpoint("GET", "/v1/disputes/<dispute>")
def retrieve(call: Call) -> Json:
    """Return one dispute."""
    return _one(call)


@endpoint(
    "POST",
    "/v1/disputes/<dispute>",
    {"evidence": {name: Text(20000) for name in FIELDS}, "metadata": Metadata(), "submit": Flag()},
)
def update(call: Call) -> Json:
    """
    Put evidence on a dispute and, unless `submit` is false, send it to the bank.

    In `uncategorized_text`, `winning_evidence` and `losing_evidence` decide it after ten seconds, as in Stripe's test mode.
    """
    dispute, tx = _one(call), call.tx
    if dispute["status"] not in OPEN:
        raise bad(f"This dispute is already {dispute['status']}.", code="dispute_closed")
    evidence = {name: value for name, value in (call.params.get("evidence") or {}).items() if name in FIELDS}
    for name in FILES:
        files.refuse_unknown(tx, evidence.get(name), param=f"evidence[{name}]")
    dispute["evidence"] |= evidence
    if sum(len(value or "") for name, value in dispute["evidence"].items() if name in FIELDS) > LONGEST:
        raise bad(f"The evidence may have {LONGEST} characters in all.", param="evidence")
    dispute["metadata"] = merged(dispute["metadata"], call.params.get("metadata"))
    details = dispute["evidence_details"]
    details["has_evidence"] = details["has_evidence"] or bool(evidence)
    if evidence and call.params.get("submit") is not False:
        dispute["status"] = "warning_under_review" if dispute["status"] in ASKED else "under_review"
        details["submission_count"] += 1
        word = dispute["evidence"]["uncategorized_text"]
        if word in ("winning_evidence", "losing_evidence"):
            clock.schedule(
                tx, "decide_dispute", dispute["id"], due_at=tx.now + DECIDE_SECONDS, won=word == "winning_evidence"
            )
    tx.save(dispute)
    events.emit(tx, "charge.dispute.updated", dispute, {"evidence": {}})
    return dispute


@endpoint("POST", "/v1/disputes/<dispute>/close")
def close(call: Call) -> Json:
    """Accept a dispute as lost."""
    dispute = _one(call)
    if dispute["status"] not in OPEN:
        raise bad(f"This dispute is already {dispute['status']}.", code="dispute_closed")
    decide(call.tx, dispute["id"], {"won": False})
    return call.tx.need("dispute", dispute["id"])


@endpoint("GET", "/v1/disputes", {**PAGE, "created": RANGE, "charge": Text(), "payment_intent": Text()})
def list_disputes(call: Call) -> Json:
    """Return disputes, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "charge", "payment_intent")
    return page(call.tx, "dispute", call.params, url="/v1/disputes", where=where + same, values=values + equals)
