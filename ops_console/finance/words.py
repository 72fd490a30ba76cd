"""What the classes of breaks are called, and what a person looks at first."""

from django.utils.translation import gettext_lazy as _

_THINGS = {
    "charge": _("Payment"),
    "refund": _("Refund"),
    "transfer": _("Transfer to a merchant"),
    "reversal": _("Transfer taken back"),
    "dispute": _("Dispute"),
    "refund_failure": _("Refund that failed"),
    "stripe_fee": _("Stripe’s fee"),
    "payout": _("Payout to the platform’s bank"),
}
_ENDINGS = {
    "missing_at_stripe": _("missing at Stripe"),
    "unknown_to_us": _("unknown to us"),
    "doubled": _("doubled at Stripe"),
    "amount_differs": _("of another amount"),
}
_HINTS = {
    "missing_at_stripe": _(
        "We booked it and Stripe never moved it. Look at its events in the inbox; was the outcome unknown?"
    ),
    "unknown_to_us": _(
        "Stripe moved it and the books have nothing. Was an event lost or quarantined? Replay it in the inbox."
    ),
    "doubled": _("Stripe moved it more than once. Look for two tries of one payment; one of them has to go back."),
    "amount_differs": _(
        "Compare the amounts at Stripe with the journal; a part may have been moved by hand in Stripe’s dashboard."
    ),
}
OTHERS = {
    "currency_differs": (_("Other currency"), _("A thing was booked in another currency than Stripe moved.")),
    "of_another_mall": (
        _("Of another mall"),
        _("The books and Stripe name different malls. Stop both malls’ payouts until it is clear."),
    ),
    "movement_unhandled": (
        _("Movement that nobody handles"),
        _("Stripe moved the pot in a way that the books do not know. Book it, or explain it."),
    ),
    "fee_differs": (_("Fee differs"), _("Stripe took another fee than was booked for this movement.")),
    "fee_without_movement": (
        _("Fee without a movement"),
        _("A fee is booked for a movement that Stripe does not list."),
    ),
    "stripe_balance_differs": (
        _("Stripe’s balance"),
        _("Stripe’s balance is not what its movements add up to. Read the movements again first."),
    ),
    "cash_account_differs": (
        _("Our cash account"),
        _("The account differs from the sum of its items. Stop runs, and call somebody who knows the books."),
    ),
    "balance_row_differs": (
        _("Balance of an account"),
        _("A stored balance differs from the sum of its transfers. Stop runs, and call somebody who knows the books."),
    ),
    "pending_differs": (
        _("Pending sums"),
        _("Earnings that wait and the books differ for this mall. Look at its newest money lines."),
    ),
    "available_differs": (
        _("Available sums"),
        _("Released earnings and the books differ for this mall. Stop its payouts until it is clear."),
    ),
    "transit_differs": (
        _("On-its-way sums"),
        _("Settlements, payouts and the books differ for this mall. Was a payout made by hand?"),
    ),
    "prepaid_differs": (_("Prepaid sums"), _("The mall’s open vouchers and what the books owe shoppers differ.")),
    "fact_without_journal": (
        _("Fact without a journal"),
        _("The mall says that it happened, the books do not have it. Is the event parked? See Health."),
    ),
    "journal_without_fact": (_("Journal without a fact"), _("The books have it, the mall does not know of it.")),
    "fact_booked_for_another_mall": (_("Booked for another mall"), _("Stop both malls’ payouts until it is clear.")),
    "fact_amount_differs": (
        _("Fact of another amount"),
        _("The mall and the books have different amounts for the same fact."),
    ),
    "fact_currency_differs": (
        _("Fact of another currency"),
        _("The mall and the books have different currencies for the same fact."),
    ),
    "fact_date_differs": (
        _("Fact of another date"),
        _("The mall and the books have different instants for the same fact."),
    ),
    "events_stuck": (
        _("Events that wait"),
        _("The mall’s events have not reached the books for an hour. See Health for what parks them."),
    ),
    "package_marked_paid": (
        _("Package’s invoice paid twice"),
        _(
            "Its sum was kept of the mall’s earnings, and somebody marked the invoice at Stripe as paid by hand. Look in the platform’s "
            "bank: if the money is there too, say so below and the earnings go back; if nothing came, close this with words."
        ),
    ),
    "statement_missing": (_("Statement missing"), _("A month that is long over has no statement for this mall.")),
    "statement_books_differ": (
        _("Statement and books differ"),
        _(
            "Something was booked into a month after its statement was issued. The statement is not changed; look in the books for what "
            "came late, and explain it."
        ),
    ),
    "statement_line_differs": (
        _("Line of a statement differs"),
        _("A line does not equal its journal. Neither may change once issued: call somebody who knows the books."),
    ),
    "statement_sum_differs": (
        _("Statement does not add up"),
        _(
            "A statement’s lines do not make its balance. Neither may change once issued: call somebody who knows the books."
        ),
    ),
    "statement_chain_broken": (
        _("Statements do not follow each other"),
        _("A statement does not begin where the one before it ended. Was one of them issued from a copy of the mall?"),
    ),
}
_BOOKS, _STRIPE, _MALL = _("The books"), _("Stripe"), _("The mall")
# What the two sides of a break are, by its class or the beginning of it; else the books and Stripe.
_SIDES = {
    "stripe_balance": (_("Its movements"), _("Stripe’s balance")),
    "cash_account": (_("Sum of its items"), _("The account")),
    "balance_row": (_("Sum of its transfers"), _("Stored balance")),
    "pending": (_("Earnings, one by one"), _BOOKS),
    "available": (_("Earnings, one by one"), _BOOKS),
    "transit": (_("Settlements and payouts"), _BOOKS),
    "prepaid": (_MALL, _BOOKS),
    "fact_": (_MALL, _BOOKS),
    "journal_": (_MALL, _BOOKS),
    "package_": (_("Due"), _("Paid")),
    "events_stuck": (_("May wait"), _("Wait")),
    "statement_sum": (_("Its balance"), _("Its lines")),
    "statement_chain": (_("End of the one before"), _("Its beginning")),
    "statement_": (_BOOKS, _("The statement")),
}


def title_of(kind: str) -> str:
    """Return what a class of breaks is called."""
    if kind in OTHERS:
        return str(OTHERS[kind][0])
    for ending, words in _ENDINGS.items():
        thing = kind.removesuffix(f"_{ending}")
        if thing != kind and thing in _THINGS:
            return f"{_THINGS[thing]}, {words}"
    return kind.replace("_", " ").capitalize()


def hint_of(kind: str) -> str:
    """Return what a person looks at first; empty for a class that has no hint."""
    if kind in OTHERS:
        return str(OTHERS[kind][1])
    return next((str(words) for ending, words in _HINTS.items() if kind.endswith(f"_{ending}")), "")


def sides_of(kind: str) -> tuple[str, str]:
    """Return what the two sides of a break are called, first what is compared with."""
    found = next((sides for start, sides in _SIDES.items() if kind.startswith(start)), (_BOOKS, _STRIPE))
    return str(found[0]), str(found[1])


# What people did, by the trail's action. What is not here stands there by its name.
_ACTS = {
    "settlement.approved": _("approved it"),
    "settlement.dropped": _("decided that it is not carried out"),
    "settlement.part_refused": _("Stripe refused a transfer"),
    "settlement.tried_again": _("had it tried again"),
    "break.assigned": _("gave it to somebody"),
    "break.taken": _("took it"),
    "break.explained": _("closed it with words"),
    "break.check_asked": _("asked for a comparison"),
    "correction.asked": _("asked to take it back"),
    "correction.made": _("took it back, as second person"),
    "correction.refused": _("did not take it back"),
    "tax.asked": _("wrote it down"),
    "tax.booked": _("booked it, as second person"),
    "tax.refused": _("did not book it"),
    "dispute.noted": _("wrote what the shop knows"),
    "dispute.evidence_saved": _("saved the evidence"),
    "dispute.evidence_sent": _("sent the evidence"),
    "dispute.evidence_refused": _("the evidence was not taken"),
    "dispute.accepted": _("gave it up"),
    "event.closed": _("closed it"),
    "event.replayed": _("replayed it"),
}


def act_of(action: str) -> str:
    """Return what somebody did, as part of a sentence that begins with the name."""
    return str(_ACTS.get(action, action))
