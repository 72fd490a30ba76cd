"""Collects the sides that are compared. Runs on the platform; enters malls for what they say."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db.models import Q, Sum
from django.utils.module_loading import import_string

from billing.ledger import books
from billing.ledger.models import Account, Transfer
from billing.payouts.models import Payout
from billing.settlements.models import Earning, Part, Recovery
from saas.kernel.outbox.models import OutboxEvent
from tenants.isolation.entrance import inside
from tenants.registry import queries as registry

from .compare import Booked, CashItem, FeeItem
from .facts import Fact, MallFacts
from .models import Movement

Kind = Account.Kind
FEE = "stripe_fee"
# Journals that a mall's fact stands behind, by the first word of their key.
FACT_KINDS = {
    "paid": "order_paid",
    "redeemed": "voucher_redeemed",
    "undone": "redemption_undone",
    "refunded": "voucher_refunded",
    "redemption_refunded": "redemption_refunded",
    "lapsed": "voucher_lapsed",
}
# The most transfers that one journal of a fact has.
LEGS = 8
_CHARGES = ("order_paid", "payment_unassigned")
_REFUNDS = ("voucher_refunded", "payment_returned", "redemption_refunded")


@dataclass(frozen=True)
class MallSide:
    """What a mall says, and how many of its events have not reached the books since when."""

    told: MallFacts
    waiting: int
    waiting_since: datetime | None


def booked_cash() -> list[CashItem]:
    """Return each change of the pot that the books have, fees left out."""
    rows = Transfer.objects.select_related("debit", "credit").exclude(kind__in=[FEE, f"{FEE}_returned"])
    touching = rows.filter(debit__kind=Kind.STRIPE_CASH) | rows.filter(credit__kind=Kind.STRIPE_CASH)
    return [_item(row) for row in touching.iterator(chunk_size=2000)]


def _item(row: Transfer) -> CashItem:
    kind, source = _source(row)
    signed_minor = row.amount_minor if row.debit.kind == Kind.STRIPE_CASH else -row.amount_minor
    return CashItem(kind, source, signed_minor, row.currency, row.tenant_schema, row.happened_at)


def _source(row: Transfer) -> tuple[str, str]:
    """Return what the change is at Stripe, in the words of `compare.SOURCE_KINDS`."""
    if row.kind in _CHARGES:
        return "charge", row.key.split(":")[1]
    if row.kind.startswith(_REFUNDS) and "refund" in row.details:
        return "refund", str(row.details["refund"])
    if row.kind == "package_paid" and row.details.get("payment_intent"):
        return "charge", str(row.details["payment_intent"])
    for kind in ("transfer", "reversal", "dispute", "payout"):
        if kind in row.details:
            return kind, str(row.details[kind])
    return "other", row.key


def moved_cash() -> list[CashItem]:
    """Return each change of the pot that Stripe told of."""
    rows = Movement.objects.exclude(source_kind=FEE)
    return [
        CashItem(row.source_kind, row.source_id, row.amount_minor, row.currency, row.tenant_schema, row.moved_at)
        for row in rows.iterator(chunk_size=2000)
    ]


def booked_fees() -> dict[str, int]:
    """Return the fees that are booked, signed, by the movement's id."""
    rows = Transfer.objects.filter(kind__in=[FEE, f"{FEE}_returned"])
    return {
        key.split(":")[1]: amount if kind == FEE else -amount
        for key, kind, amount in rows.values_list("key", "kind", "amount_minor")
    }


def charged_fees() -> list[FeeItem]:
    """Return the fees that Stripe took, by movement; a fee that is a movement of its own counts in full."""
    return [
        FeeItem(row.movement_id, fee_of(row), row.currency, row.moved_at)
        for row in Movement.objects.all().iterator(chunk_size=2000)
        if fee_of(row)
    ]


def fee_of(row: Movement) -> int:
    """Return what a movement cost."""
    return row.fee_minor - row.amount_minor if row.source_kind == FEE else row.fee_minor


def mall_side(schema: str, *, since: datetime) -> MallSide:
    """Return what a mall says of its own money. Enters the mall."""
    with inside(schema):
        waiting = OutboxEvent.objects.filter(sent_at__isnull=True).order_by("pk")
        first, count = waiting.first(), waiting.count()
        told: MallFacts = import_string(settings.MALL_MONEY_FACTS)(since=since)
    return MallSide(told, count, first.happened_at if first else None)


def booked_facts(schema: str, keys: set[str], *, since: datetime) -> dict[str, Booked]:
    """
    Return the journals of a mall's facts by key, and those of other malls that stand under one of `keys`.

    A refund that failed at the bank is no fact any more, and its journal, taken back by that, is left out; so is what the platform
    bears, of which the mall's vouchers know nothing.
    """
    standing = Transfer.objects.exclude(reversed_by__key__startswith="refund_failed:").exclude(
        debit__kind=Kind.GOODWILL
    )
    own = standing.filter(tenant_schema=schema, happened_at__gte=since)
    found = _journals([row for row in own if row.key.split(":")[0] in FACT_KINDS])
    missing = sorted(keys - set(found))
    for start in range(0, len(missing), 1000):
        part = [f"{key}:{leg}" for key in missing[start : start + 1000] for leg in range(LEGS)]
        found |= _journals(list(standing.filter(key__in=part)))
    return found


def own_facts(schema: str, told: Sequence[Fact], booked: dict[str, Booked]) -> tuple[Fact, ...]:
    """
    Leave out what a copy of a mall tells of before it was made: that is the living mall's (ADR 0008). Of a mall that moved, journals of
    its former schemas count as its own in `booked`, which is changed.
    """
    former, since = registry.former_schemas(schema), registry.opened_at(schema)
    for key, journal in booked.items():
        if journal.tenant_schema in former:
            booked[key] = replace(journal, tenant_schema=schema)
    return tuple(
        fact
        for fact in told
        if fact.happened_at >= since or fact.key not in booked or booked[fact.key].tenant_schema == schema
    )


def _journals(rows: list[Transfer]) -> dict[str, Booked]:
    legs: defaultdict[str, list[Transfer]] = defaultdict(list)
    for row in rows:
        legs[row.key.rsplit(":", 1)[0]].append(row)
    return {
        key: Booked(
            key,
            FACT_KINDS.get(key.split(":")[0], "other"),
            sum(row.amount_minor for row in group),
            group[0].currency,
            group[0].tenant_schema,
            group[0].happened_at,
        )
        for key, group in legs.items()
    }


def balances(kind: str) -> dict[str, int]:
    """Return the books' balances of one kind of account by "schema currency"."""
    return {
        f"{row.tenant_schema} {row.currency}": row.balance_minor
        for row in books.trial_balance()
        if row.kind == kind and row.balance_minor
    }


def earned(state: str) -> dict[str, int]:
    """Return the sum of the earnings in a state by "schema currency"."""
    wanted = Q(state=state)
    if state == Earning.State.PENDING:  # there waits, too, what was taken back for a refund that has not gone yet
        wanted |= Q(state=Earning.State.TAKEN_BACK, is_set_aside=True)
    rows = Earning.objects.filter(wanted).values_list("tenant_schema", "currency").annotate(total=Sum("net_minor"))
    return {f"{schema} {currency}": total for schema, currency, total in rows}


def on_their_way() -> dict[str, int]:
    """Return what was claimed by settlements, was not brought back and has not arrived at a bank, by "schema currency"."""
    sums: defaultdict[str, int] = defaultdict(int)
    parts = Part.objects.values_list("settlement__tenant_schema", "settlement__currency")
    for schema, currency, total in parts.annotate(total=Sum("amount_minor")):
        sums[f"{schema} {currency}"] += total
    back = Recovery.objects.filter(state__in=[Recovery.State.PLANNED, Recovery.State.DONE])
    back_rows = back.values_list("earning__tenant_schema", "earning__currency")
    for schema, currency, total in back_rows.annotate(total=Sum("amount_minor")):
        sums[f"{schema} {currency}"] -= total
    paid = Payout.objects.filter(state=Payout.State.PAID).values_list("tenant_schema", "currency")
    for schema, currency, total in paid.annotate(total=Sum("amount_minor")):
        sums[f"{schema} {currency}"] -= total
    return {name: total for name, total in sums.items() if total}
