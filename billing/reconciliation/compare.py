"""
The comparisons themselves, without a database: two sides in, disagreements out.

A side's item that is younger than the grace may still be under way to the other side; it is compared when it is older. Its counterpart
is looked for among all items, however young.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .facts import Fact

# What a balance transaction of Stripe is for us, by its type. Others are not handled, and that is said loudly.
SOURCE_KINDS = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "transfer": "transfer",
    "transfer_refund": "reversal",
    "transfer_cancel": "reversal",
    "refund_failure": "refund",  # named by the refund, which it takes back
    "payment_failure_refund": "refund_failure",
    "adjustment": "dispute",
    "stripe_fee": "stripe_fee",
    "payout": "payout",  # to the platform's own bank
    "payout_failure": "payout",
    "payout_cancel": "payout",
}


@dataclass(frozen=True)
class Finding:
    """A disagreement: `kind` is its class, `subject` names the thing; one row for each pair."""

    kind: str
    subject: str
    tenant_schema: str = ""
    expected_minor: int | None = None
    found_minor: int | None = None
    currency: str = ""
    detail: str = ""


@dataclass(frozen=True)
class CashItem:
    """A change of our pot at Stripe, signed, as one side has it. The thing is named by `kind` and `source`."""

    kind: str
    source: str
    amount_minor: int
    currency: str
    tenant_schema: str
    at: datetime

    @property
    def name(self) -> str:
        """The thing's name for people and for the uniqueness of a break."""
        return f"{self.kind}:{self.source}"


@dataclass(frozen=True)
class FeeItem:
    """The fee that one movement at Stripe cost."""

    movement_id: str
    fee_minor: int
    currency: str
    at: datetime


@dataclass(frozen=True)
class Booked:
    """A journal of the books, by the key it was booked under."""

    key: str
    kind: str
    amount_minor: int
    currency: str
    tenant_schema: str
    happened_at: datetime


def cash(*, ours: Iterable[CashItem], theirs: Iterable[CashItem], before: datetime) -> list[Finding]:
    """
    Compare each change of the pot: missing at Stripe, unknown to us, doubled, other amount, other currency, other mall.

    Things of a kind that nobody handles are findings of their own.
    """
    booked, moved = _grouped(ours), _grouped(theirs)
    found: list[Finding] = []
    for name in sorted(set(booked) | set(moved)):
        found += _thing(booked.get(name, []), moved.get(name, []), before=before)
    return found


def _grouped(items: Iterable[CashItem]) -> dict[str, list[CashItem]]:
    groups: defaultdict[str, list[CashItem]] = defaultdict(list)
    for item in items:
        groups[item.name].append(item)
    return groups


def _thing(ours: list[CashItem], theirs: list[CashItem], *, before: datetime) -> list[Finding]:
    if min(item.at for item in [*ours, *theirs]) >= before:
        return []
    one = (ours or theirs)[0]
    if one.kind not in SOURCE_KINDS.values():
        return [_finding("movement_unhandled", one, None, sum(item.amount_minor for item in theirs))]
    our_minor, their_minor = _sum(ours), _sum(theirs)
    if not theirs:
        return [_finding(f"{one.kind}_missing_at_stripe", one, our_minor, None)]
    if not ours:
        return [_finding(f"{one.kind}_unknown_to_us", one, None, their_minor)]
    if ours[0].currency != theirs[0].currency:
        return [_finding("currency_differs", one, our_minor, their_minor, theirs[0].currency)]
    if our_minor != their_minor:
        doubled = len(theirs) > 1 and len({item.amount_minor for item in theirs}) == 1
        return [
            _finding(f"{one.kind}_doubled" if doubled else f"{one.kind}_amount_differs", one, our_minor, their_minor)
        ]
    if theirs[0].tenant_schema not in ("", ours[0].tenant_schema):
        return [_finding("of_another_mall", one, our_minor, their_minor, theirs[0].tenant_schema)]
    return []


def _sum(items: list[CashItem]) -> int:
    return sum(item.amount_minor for item in items)


def _finding(kind: str, item: CashItem, expected: int | None, found: int | None, detail: str = "") -> Finding:
    return Finding(kind, item.name, item.tenant_schema, expected, found, item.currency, detail)


def fees(*, booked: dict[str, int], charged: Iterable[FeeItem], before: datetime) -> list[Finding]:
    """Compare the fee of each movement with what was booked for it, by the movement's id."""
    items = {item.movement_id: item for item in charged}
    found = [
        Finding("fee_differs", name, "", booked.get(name, 0), item.fee_minor, item.currency)
        for name, item in sorted(items.items())
        if item.fee_minor != booked.get(name, 0) and item.at < before
    ]
    orphans = sorted(set(booked) - set(items))
    return found + [Finding("fee_without_movement", name, "", booked[name], None) for name in orphans]


def facts(*, schema: str, told: Iterable[Fact], booked: dict[str, Booked], before: datetime) -> list[Finding]:
    """
    Compare a mall's facts with the journals under their keys: without, extra, different, of another mall, at another date.

    `booked` holds the mall's own journals of these kinds, and the journals of other malls that stand under its facts' keys.
    """
    by_key = {fact.key: fact for fact in told}
    found = [
        one
        for fact in by_key.values()
        if fact.happened_at < before
        for one in _fact(schema, fact, booked.get(fact.key))
    ]
    for key, journal in sorted(booked.items()):
        if key not in by_key and journal.tenant_schema == schema and journal.happened_at < before:
            found.append(Finding("journal_without_fact", key, schema, None, journal.amount_minor, journal.currency))
    return found


def _fact(schema: str, fact: Fact, journal: Booked | None) -> list[Finding]:
    def differs(kind: str, detail: str = "") -> list[Finding]:
        found_minor = journal.amount_minor if journal else None
        return [Finding(kind, fact.key, schema, fact.amount_minor, found_minor, fact.currency, detail)]

    if journal is None:
        return differs("fact_without_journal")
    if journal.tenant_schema != schema:
        return differs("fact_booked_for_another_mall", journal.tenant_schema)
    if journal.currency != fact.currency:
        return differs("fact_currency_differs", journal.currency)
    if journal.amount_minor != fact.amount_minor:
        return differs("fact_amount_differs")
    if journal.happened_at != fact.happened_at:
        return differs("fact_date_differs", journal.happened_at.isoformat())
    return []


def totals(kind: str, *, expected: dict[str, int], found: dict[str, int]) -> list[Finding]:
    """Compare sums by name; a name that one side has not counts as 0 there."""
    return [
        Finding(kind, name, "", expected.get(name, 0), found.get(name, 0))
        for name in sorted(set(expected) | set(found))
        if expected.get(name, 0) != found.get(name, 0)
    ]
