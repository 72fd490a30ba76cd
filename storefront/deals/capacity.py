"""
What a shop can serve and earn with a deal: pure arithmetic, from stations, opening hours, minutes and money.

A *station* is a place at which one guest at a time is served: a chair, a table, a treatment room. One service of `service_minutes`
must fit whole into one opening, so a station serves `floor(opening / service)` guests in it. Over all stations, openings and days of
the validity that makes the *slots*. Of them `USABLE_BP` are counted on: past about four fifths of a counter's time the waiting grows
without bound (the utilisation term ρ / (1 − ρ) of every queueing formula), people do not come evenly, and guests without a voucher
come too. What other deals need of the same stations is taken off. See docs/capacity.md for the formula with an example.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _

from saas.kernel.money import share
from saas.ui.formats import format_money

WHOLE_BP = 10_000
USABLE_BP = 8_000
# From this much of the usable slots on, the guard says that it gets tight.
TIGHT_BP = 8_500
# Below this share of the price a margin is thin.
THIN_BP = 1_000


class Kind(StrEnum):
    """What a finding means: it stops publishing, it should be thought over, or something must be known first."""

    STOP = "stop"
    THINK = "think"
    ASK = "ask"


@dataclass(frozen=True)
class Shop:
    """A store: its stations (None: unknown), and for Monday to Sunday the minutes of each opening of that day."""

    name: str
    stations: int | None
    openings: tuple[tuple[int, ...], ...]
    public_id: str = ""

    @property
    def is_known(self) -> bool:
        """Whether it is known how many it serves, and when."""
        return self.stations is not None and any(self.openings)


@dataclass(frozen=True)
class Offer:
    """
    A deal as far as capacity and margin go. Money in minor units of `currency`, rates in basis points, None: unknown.

    Vouchers are used from `from_date` until `until_date`, which is exclusive.
    """

    units: int
    price_minor: int
    currency: str
    from_date: date
    until_date: date
    service_minutes: int | None = None
    cost_minor: int | None = None
    commission_bp: int | None = None


@dataclass(frozen=True)
class Rival:
    """Another running deal that uses the same stations; its units are spread evenly over its own days (end exclusive)."""

    title: str
    units: int
    service_minutes: int | None
    from_date: date
    until_date: date


@dataclass(frozen=True)
class Finding:
    """One sentence of the guard, with the draft's field that it is about, or what is to be said of a store (`store`, its public id)."""

    kind: Kind
    field: str
    text: str
    store: str = ""


@dataclass(frozen=True)
class Examination:
    """
    What the guard found. Figures are services over the whole validity, None where something unknown is in the way.

    `slots` fit into the opening hours; `usable` of them are counted on; `taken` are other deals'; `servable` are left for this deal, and
    never below 0. `use_bp` is what this deal and the others need of the usable slots. Margins are minor units: price − commission − cost.
    """

    units: int
    days: int
    slots: int | None = None
    usable: int | None = None
    taken: int | None = None
    servable: int | None = None
    use_bp: int | None = None
    commission_minor: int | None = None
    unit_margin_minor: int | None = None
    total_margin_minor: int | None = None
    findings: tuple[Finding, ...] = ()

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """Return the findings of one kind."""
        return tuple(one for one in self.findings if one.kind == kind)

    @property
    def is_stopped(self) -> bool:
        """Whether publishing needs an override."""
        return bool(self.of(Kind.STOP))

    @property
    def is_unknown(self) -> bool:
        """Whether the guard must ask before it can say all."""
        return bool(self.of(Kind.ASK))


def examine(
    offer: Offer, shops: Sequence[Shop], rivals: Sequence[Rival] = (), *, usable_bp: int = USABLE_BP
) -> Examination:
    """Return what the shops can serve and earn with the offer, beside the rivals. Pure: the same input gives the same answer."""
    days = max((offer.until_date - offer.from_date).days, 0)
    findings = [*_unknown(offer, shops), *_unknown_rivals(rivals)]
    slots = usable = taken = servable = use_bp = None
    if offer.service_minutes and shops and all(shop.is_known for shop in shops):
        slots = sum(_slots(shop, offer) for shop in shops)
        usable = slots * usable_bp // WHOLE_BP
        taken = _taken(offer, rivals)
        servable = max(usable - taken, 0)
        use_bp = (offer.units + taken) * WHOLE_BP // usable if usable else None
        findings += _of_units(offer, servable=servable, taken=taken, use_bp=use_bp)
    commission_minor = None if offer.commission_bp is None else share(offer.price_minor, offer.commission_bp)
    margin_minor = None
    if commission_minor is not None and offer.cost_minor is not None:
        margin_minor = offer.price_minor - commission_minor - offer.cost_minor
        findings += _of_margin(offer, margin_minor)
    return Examination(
        units=offer.units,
        days=days,
        slots=slots,
        usable=usable,
        taken=taken,
        servable=servable,
        use_bp=use_bp,
        commission_minor=commission_minor,
        unit_margin_minor=margin_minor,
        total_margin_minor=None if margin_minor is None else margin_minor * offer.units,
        findings=tuple(findings),
    )


def _slots(shop: Shop, offer: Offer) -> int:
    """Count the services that one shop's stations can give: whole ones in each opening of each day of the validity."""
    each = [sum(minutes // (offer.service_minutes or 1) for minutes in day) for day in shop.openings]
    return (shop.stations or 0) * sum(
        times * each[weekday] for weekday, times in enumerate(weekdays(offer.from_date, offer.until_date))
    )


def weekdays(from_date: date, until_date: date) -> tuple[int, ...]:
    """Count how often Monday to Sunday come from `from_date` until `until_date` (exclusive); no day for an empty span."""
    days = max((until_date - from_date).days, 0)
    weeks, rest = divmod(days, 7)
    extra = {(from_date + timedelta(days=ahead)).weekday() for ahead in range(rest)}
    return tuple(weeks + (weekday in extra) for weekday in range(7))


def _taken(offer: Offer, rivals: Sequence[Rival]) -> int:
    """Return how many slots of the offer's length the rivals need while the offer's vouchers are used, rounded up."""
    minutes = 0
    for rival in rivals:
        length = max((rival.until_date - rival.from_date).days, 1)
        shared = (min(offer.until_date, rival.until_date) - max(offer.from_date, rival.from_date)).days
        if shared > 0 and rival.service_minutes:
            minutes += -(-rival.units * rival.service_minutes * min(shared, length) // length)
    return -(-minutes // (offer.service_minutes or 1))


def _unknown(offer: Offer, shops: Sequence[Shop]) -> list[Finding]:
    found = []
    if not offer.service_minutes:
        found.append(Finding(Kind.ASK, "service_minutes", _("Say how many minutes one guest takes.")))
    if offer.cost_minor is None:
        found.append(Finding(Kind.ASK, "cost_minor", _("Say what serving one unit costs you.")))
    if not shops:
        found.append(Finding(Kind.ASK, "stores", _("Choose a store.")))
    for shop in shops:
        if shop.stations is None:
            text = _("Say how many guests “%(store)s” can serve at the same time.") % {"store": shop.name}
            found.append(Finding(Kind.ASK, "stores", text, shop.public_id))
        elif not any(shop.openings):
            text = _("“%(store)s” has no opening hours yet, so nobody can be served there.") % {"store": shop.name}
            found.append(Finding(Kind.ASK, "stores", text, shop.public_id))
    return found


def _unknown_rivals(rivals: Sequence[Rival]) -> list[Finding]:
    return [
        Finding(
            Kind.THINK,
            "stores",
            _("“%(deal)s” is sold for the same store, and nobody said how long its guests take. It is not counted.")
            % {"deal": rival.title},
        )
        for rival in rivals
        if not rival.service_minutes
    ]


def _of_units(offer: Offer, *, servable: int, taken: int, use_bp: int | None) -> list[Finding]:
    words = {"units": offer.units, "servable": servable, "taken": taken}
    if offer.units > servable:
        text = (
            _("%(units)d units are offered, and the shop can serve %(servable)d of them while vouchers are valid.")
            % words
        )
        if taken:
            text += " " + _("Other deals need %(taken)d of its places.") % words
        return [Finding(Kind.STOP, "units_total", text)]
    if use_bp is not None and use_bp >= TIGHT_BP:
        text = _("It gets tight: %(percent)d %% of the places that can be counted on would be taken.")
        return [Finding(Kind.THINK, "units_total", text % {"percent": use_bp // 100})]
    return []


def _of_margin(offer: Offer, margin_minor: int) -> list[Finding]:
    margin = format_money(abs(margin_minor), offer.currency)
    if margin_minor < 0:
        total = format_money(abs(margin_minor) * offer.units, offer.currency)
        text = _("Each unit loses %(margin)s after commission and cost, %(total)s in all.")
        return [Finding(Kind.STOP, "price_minor", text % {"margin": margin, "total": total})]
    if margin_minor * WHOLE_BP < offer.price_minor * THIN_BP:
        text = _("Only %(margin)s of each unit is left after commission and cost.")
        return [Finding(Kind.THINK, "price_minor", text % {"margin": margin})]
    return []
