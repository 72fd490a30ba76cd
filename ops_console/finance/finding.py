"""Finding transfers by any name that people have for money: journal, order, voucher, or an id of Stripe's."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from billing.gateway.models import PaymentReference
from billing.ledger.models import Transfer
from billing.ledger.queries import LedgerLine, line_of
from billing.settlements.models import Charge, Part

MOST = 200


def find(words: str) -> list[LedgerLine]:
    """
    Return up to `MOST` transfers that are about `words`, newest first.

    Ids and the numbers of paid orders go by indexes. What is none of these is looked for last, through all transfers' details.
    """
    words = words.strip()
    if not words:
        return []
    for which in _ways(words):
        found = _newest(Transfer.objects.filter(which))
        if found:
            return found
    return []


def _newest(rows: "QuerySet[Transfer]") -> list[LedgerLine]:
    return [line_of(row) for row in rows.select_related("debit", "credit").order_by("-pk")[:MOST]]


def _ways(words: str) -> Iterator[Q]:
    yield Q(journal_id=words)
    yield Q(order_public_id=words)
    yield Q(voucher_public_id=words)
    # The words that keys are made of: see billing.ledger.subscribers, billing.settlements and billing.payouts.
    firsts = ("paid", "redeemed", "undone", "payout", "payout_returned", "fee", "disputed", "dispute_won", "dispute_lost",
              "dispute_reversal", "transfer", "settlement", "released", "unassigned", "returned", "lapsed", "refunded",
              "redemption_refunded", "package_paid", "package_paid_elsewhere", "package_netted",
              "package_returned", "package_returned:twice", "correction")  # fmt: skip
    by_key = Q(pk__in=[])
    for first in firsts:
        by_key |= Q(key__startswith=f"{first}:{words}:")
    yield by_key
    orders = _orders(words) | numbered(words)
    if orders:
        yield Q(order_public_id__in=orders)
    part = Part.objects.filter(transfer_id=words).first()
    if part is not None:
        yield Q(key__startswith=f"transfer:{part.public_id}:")
    yield (
        Q(details__order_number=words)
        | Q(details__refund=words)
        | Q(details__payment_intent=words)
        | Q(details__transfer=words)
        | Q(details__dispute=words)
    )


def numbered(number: str) -> set[str]:
    """Return the public ids of the paid orders that have a number; in two malls the same one may be."""
    paid = Transfer.objects.filter(kind="order_paid", details__order_number=number)
    return set(paid.values_list("order_public_id", flat=True))


def _orders(words: str) -> set[str]:
    """Return the public ids of the orders that a payment at Stripe is for."""
    references = PaymentReference.objects.filter(
        Q(payment_intent_id=words) | Q(session_id=words) | Q(reference=words)
    ).values_list("order_public_id", flat=True)
    is_it = Q(charge_id=words) if words.startswith(("ch_", "py_")) else Q(payment_intent_id=words)
    return {*references, *Charge.objects.filter(is_it).values_list("order_public_id", flat=True)} - {""}
