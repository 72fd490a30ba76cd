"""Reads of packages for the console and the back office. All run on the platform's schema."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, F, Prefetch, Q

from . import agreed
from .models import Invoice, Module, Package, Price, Subscription

State = Subscription.State
OPEN_STATES = (State.OFFERED, State.BEGINNING, State.ACTIVE)


@dataclass(frozen=True)
class ItemRow:
    """A frozen item in minor units. `price` is the public id of what it costs."""

    price: str
    module: str
    kind: str
    amount_minor: int
    unit_name: str
    intro_amount_minor: int | None
    intro_months: int


@dataclass(frozen=True)
class InvoiceRow:
    """
    An invoice as a list shows it, minor units; `credited_minor` was given back of it after it was paid, and comes off what follows.
    `elsewhere_minor` was paid past Stripe, `doubled_minor` came twice and went back.
    """

    public_id: str
    number: str
    state: str
    word: str
    currency: str
    total_minor: int
    remaining_minor: int
    lines: list[dict[str, Any]]
    url: str
    issued_at: datetime
    due_at: datetime | None
    is_netted: bool
    credited_minor: int
    elsewhere_minor: int
    doubled_minor: int
    # The credit notes that lowered it while it was open: number and amount.
    notes: list[tuple[int, int]]

    @property
    def is_open(self) -> bool:
        """Whether it waits to be paid."""
        return self.state == Invoice.State.OPEN


@dataclass(frozen=True)
class SubscriptionRow:
    """A mall's package with its items and invoices, as plain values that may leave the platform's schema."""

    public_id: str
    tenant_schema: str
    contract: str
    name: str
    summary: str
    currency: str
    state: str
    word: str
    standing: str
    standing_word: str
    pays_by: str
    pays_word: str
    items: list[ItemRow]
    minimum_months: int
    notice_days: int
    offered_by: str
    offered_at: datetime
    # Until when an open offer can be answered; None once it was.
    answer_until: datetime | None
    answered_by: str
    answered_at: datetime | None
    begins_at: datetime | None
    minimum_until_at: datetime | None
    ends_at: datetime | None
    restricts_at: datetime | None
    stripe_customer: str
    # From when on invoices are sent instead of charging a card that nobody has entered; None where no card is missing.
    by_invoice_from: datetime | None
    invoices: list[InvoiceRow]

    @property
    def monthly_minor(self) -> int:
        """What it costs each month now, without units."""
        return sum(item.amount_minor for item in self.items if item.kind == Price.Kind.MONTHLY)

    @property
    def has_units(self) -> bool:
        """Whether something of it is paid for each unit."""
        return any(item.kind == Price.Kind.PER_UNIT for item in self.items)


def of_mall(schema: str) -> list[SubscriptionRow]:
    """Return a mall's packages, those that run or wait first. Three queries."""
    shown = Invoice.objects.exclude(state=Invoice.State.DRAFT).prefetch_related("credits")
    invoices = Prefetch("invoices", queryset=shown)
    rows = Subscription.objects.filter(tenant_schema=schema).select_related("package").prefetch_related(invoices)
    return sorted((_row(one) for one in rows), key=_place)


def _place(row: SubscriptionRow) -> tuple[int, datetime]:
    """What runs, then what is offered, then what is to begin, the first to begin first; the others stay as they are."""
    if row.state == State.BEGINNING:
        return 2, row.answered_at or row.offered_at
    return {State.ACTIVE: 0, State.OFFERED: 1}.get(State(row.state), 3), datetime.min.replace(tzinfo=UTC)


def modules() -> list[Module]:
    """Return the modules with their prices, by currency."""
    prices = Price.objects.order_by("currency", "kind", "amount_minor", "pk")
    return list(Module.objects.prefetch_related(Prefetch("prices", prices)))


def packages() -> list[Package]:
    """Return the packages with their prices and how many malls have each (`malls_count`)."""
    active = Count("subscriptions", filter=Q(subscriptions__state=State.ACTIVE), distinct=True)
    found = Package.objects.annotate(malls_count=active).prefetch_related("prices__module")
    return list(found.order_by(F("retired_at").asc(nulls_first=True), "name"))


def offerable(currency: str) -> list[tuple[str, str]]:
    """Return the packages that can be offered to a mall of a currency, as choices."""
    return list(Package.objects.filter(retired_at=None, currency=currency).values_list("public_id", "name"))


def _row(found: Subscription) -> SubscriptionRow:
    copied = ("public_id", "tenant_schema", "contract", "name", "currency", "state", "standing", "pays_by", "minimum_months",
              "notice_days", "offered_by", "offered_at", "answer_until", "answered_by", "answered_at",
              "begins_at", "minimum_until_at", "ends_at", "restricts_at",
              "stripe_customer")  # fmt: skip
    return SubscriptionRow(
        **{name: getattr(found, name) for name in copied},
        summary=found.package.summary if found.package else "",
        word=found.get_state_display(),
        standing_word=found.get_standing_display(),
        pays_word=found.get_pays_by_display(),
        by_invoice_from=_by_invoice_from(found),
        items=[ItemRow(**{field.name: item[field.name] for field in fields(ItemRow)}) for item in found.items],
        invoices=[_invoice(one) for one in found.invoices.all()],
    )


def _by_invoice_from(found: Subscription) -> datetime | None:
    waits = found.state == State.BEGINNING and found.pays_by == Subscription.PaysBy.CARD
    return agreed.by_invoice_from(found) if waits and found.card_asked_at else None


def _invoice(found: Invoice) -> InvoiceRow:
    copied = (
        "public_id",
        "number",
        "state",
        "currency",
        "total_minor",
        "remaining_minor",
        "lines",
        "url",
        "issued_at",
        "due_at",
        "elsewhere_minor",
        "doubled_minor",
    )
    return InvoiceRow(
        **{name: getattr(found, name) for name in copied},
        word=found.get_state_display(),
        is_netted=found.netted_at is not None,
        notes=[(one.pk, one.amount_minor) for one in found.credits.all() if one.lowers],
        credited_minor=sum(one.amount_minor for one in found.credits.all() if not one.lowers),
    )
