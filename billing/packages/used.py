"""Reads of what a mall used of what it pays for each unit. All run on the platform's schema and return plain data."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from .models import Price, Subscription, Usage
from .usage import period_of


@dataclass(frozen=True)
class UsedItem:
    """What of one unit price was used in the running period, minor units; `counts_word` says what is counted, and how."""

    price: str
    module: str
    unit_name: str
    amount_minor: int
    units: int
    counts_word: str

    @property
    def cost_minor(self) -> int:
        """What it costs so far."""
        return self.units * self.amount_minor


@dataclass(frozen=True)
class UsedPeriod:
    """A package's running period, to be billed at its end, with what was used in it so far, minor units."""

    subscription: str
    currency: str
    starts_at: datetime
    ends_at: datetime
    items: tuple[UsedItem, ...]

    @property
    def cost_minor(self) -> int:
        """What all units cost so far."""
        return sum(item.cost_minor for item in self.items)


@dataclass(frozen=True)
class UseRow:
    """
    One record: units (below zero: taken off), of what, what for, by whom; `left` units no correction took off. `may_correct`: it is of the
    running period, and not a correction itself.
    """

    pk: int
    module: str
    unit_name: str
    units: int
    left: int
    what: str
    by: str
    is_counted: bool
    is_correction: bool
    corrected_what: str
    used_at: datetime
    is_told: bool
    may_correct: bool


def period(subscription: str, *, now: datetime) -> UsedPeriod | None:
    """Return the running period of a package, None where it does not run or has nothing that is paid for each unit. Three queries."""
    found = Subscription.objects.filter(public_id=subscription, state=Subscription.State.ACTIVE).first()
    items = [one for one in found.items if one["kind"] == Price.Kind.PER_UNIT] if found else []
    if found is None or not items:
        return None
    starts_at, ends_at = period_of(found, now=now)
    used = found.usages.filter(used_at__gte=starts_at).values_list("price_id_public")
    units: defaultdict[str, int] = defaultdict(int, used.annotate(total=Sum("units")))
    counted = dict(Price.objects.exclude(counts="").values_list("public_id", "counts"))
    return UsedPeriod(
        subscription=found.public_id,
        currency=found.currency,
        starts_at=starts_at,
        ends_at=ends_at,
        items=tuple(
            UsedItem(
                price=one["price"],
                module=one["module"],
                unit_name=one["unit_name"],
                amount_minor=one["amount_minor"],
                units=max(0, units[one["price"]]),
                counts_word=str(Price.Counts(counted.get(one["price"], Price.Counts.BY_HAND)).label),
            )
            for one in items
        ),
    )


def records(subscription: str, *, words: str = "", now: datetime, limit: int, offset: int = 0) -> list[UseRow]:
    """Return what was recorded for a package, newest first; `words` are looked for in what it was for and by whom."""
    found = Subscription.objects.get(public_id=subscription)
    starts_at = period_of(found, now=now)[0]
    runs = found.state == Subscription.State.ACTIVE
    named = {one["price"]: (one["module"], one["unit_name"]) for one in found.items}
    rows = _matching(found, words).annotate(taken=Sum("corrections__units")).select_related("corrects")
    return [
        _row(row, named.get(row.price_id_public, ("", "")), may=runs and row.used_at >= starts_at)
        for row in rows.order_by("-used_at", "-pk")[offset : offset + limit]
    ]


def records_count(subscription: str, *, words: str = "") -> int:
    """Return how many records match."""
    return _matching(Subscription.objects.get(public_id=subscription), words).count()


def _matching(found: Subscription, words: str) -> QuerySet[Usage]:
    rows = found.usages.all()
    return rows.filter(Q(what__icontains=words) | Q(by__icontains=words)) if words else rows


def _row(row: Usage, named: tuple[str, str], *, may: bool) -> UseRow:
    left = row.units + int(getattr(row, "taken", None) or 0)
    return UseRow(
        pk=row.pk,
        module=named[0],
        unit_name=named[1],
        units=row.units,
        left=left,
        what=row.what,
        by=row.by,
        is_counted=row.is_counted,
        is_correction=row.corrects is not None,
        corrected_what=row.corrects.what if row.corrects else "",
        used_at=row.used_at,
        is_told=row.told_at is not None,
        may_correct=may and row.corrects is None and left > 0,
    )
