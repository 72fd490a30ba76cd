"""What is wrong with a deal as a merchant wrote it, and what is missing before it can be sold."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from billing.jurisdictions import rules as jurisdictions
from saas.kernel.money import MAXIMUM_MINOR, is_countable, least_charge_minor
from saas.ui.formats import format_money

from .models import Deal

MAXIMUM_UNITS = 1_000_000
MAXIMUM_VALID_DAYS = 3_650
MAXIMUM_ROWS = 40
MAXIMUM_SERVICE_MINUTES = 24 * 60


@dataclass(frozen=True)
class DealDraft:
    """
    A deal as a merchant writes it; amounts in minor units of the mall's currency, windows with exclusive ends.

    Exactly one of `valid_until_at` and `valid_days` is set. `service_minutes` and `cost_minor` are for the guard
    (see `capacity`). `contents` is a list of {name, quantity, value_minor}, `rules` of {label, text}.
    `category`, `picture` and `store_ids` are primary keys.
    """

    title: str
    price_minor: int
    units_total: int
    sale_starts_at: datetime
    sale_ends_at: datetime | None = None
    summary: str = ""
    slug: str = ""
    was_price_minor: int | None = None
    units_per_person: int | None = None
    valid_from_at: datetime | None = None
    valid_until_at: datetime | None = None
    valid_days: int | None = None
    refund_policy: str = Deal.RefundPolicy.ANY_TIME
    needs_booking: bool = False
    contents: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    category_id: int | None = None
    picture_id: int | None = None
    store_ids: tuple[int, ...] = ()
    service_minutes: int | None = None
    cost_minor: int | None = None


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in words for the merchant, with the draft's field that it is about."""

    field: str
    text: str


def problems_of(draft: DealDraft, *, currency: str) -> tuple[Problem, ...]:
    """Return what is wrong with a draft by itself, in the order of the form."""
    windows = _of_windows(draft) or _of_place(draft, jurisdictions.of_currency(currency).shortest_validity_days)
    return (*_of_words(draft), *_of_price(draft, currency), *_of_units(draft), *windows, *_of_rows(draft))


def _of_words(draft: DealDraft) -> list[Problem]:
    found = []
    if not any(letter.isalnum() for letter in draft.title):
        found.append(Problem("title", _("Give the deal a title with words.")))
    if len(draft.title) > 140:
        found.append(Problem("title", _("A title has at most 140 characters.")))
    if len(draft.summary) > 200:
        found.append(Problem("summary", _("The sentence has at most 200 characters.")))
    return found


def _of_price(draft: DealDraft, currency: str) -> list[Problem]:
    least = least_charge_minor(currency)
    if draft.price_minor <= 0:
        return [Problem("price_minor", _("The price must be more than zero."))]
    if draft.price_minor < least:
        return [
            Problem(
                "price_minor",
                _("The smallest amount that can be paid by card is %(least)s.")
                % {"least": format_money(least, currency)},
            )
        ]
    if not is_countable(draft.price_minor, currency):
        return [Problem("price_minor", _("Payments in this currency have fewer digits after the point."))]
    if draft.price_minor > MAXIMUM_MINOR:
        return [
            Problem(
                "price_minor", _("The largest price is %(most)s.") % {"most": format_money(MAXIMUM_MINOR, currency)}
            )
        ]
    if draft.was_price_minor is not None and not draft.price_minor < draft.was_price_minor <= MAXIMUM_MINOR:
        return [
            Problem(
                "was_price_minor",
                _("The price before must be higher than the price; leave it empty if there was none."),
            )
        ]
    return []


def _of_units(draft: DealDraft) -> list[Problem]:
    found = []
    if not 0 < draft.units_total <= MAXIMUM_UNITS:
        found.append(Problem("units_total", _("Offer between 1 and %(most)d units.") % {"most": MAXIMUM_UNITS}))
    if draft.units_per_person is not None and not 0 < draft.units_per_person <= draft.units_total:
        found.append(Problem("units_per_person", _("The limit for each person is between 1 and the units for sale.")))
    if draft.service_minutes is not None and not 0 < draft.service_minutes <= MAXIMUM_SERVICE_MINUTES:
        found.append(Problem("service_minutes", _("One guest takes between 1 minute and a day.")))
    if draft.cost_minor is not None and not 0 <= draft.cost_minor <= MAXIMUM_MINOR:
        found.append(Problem("cost_minor", _("What serving one unit costs is zero or more.")))
    return found


def _of_place(draft: DealDraft, days: int) -> list[Problem]:
    """Vouchers end no sooner after the purchase than the place's law lets them."""
    lasting = timedelta(days=draft.valid_days or 0)
    if draft.valid_until_at is not None:
        lasting = draft.valid_until_at - (draft.sale_ends_at or draft.sale_starts_at)
    if lasting >= timedelta(days=days):
        return []
    text = _("By the rules of your place vouchers are valid for at least %(days)d days after the purchase.")
    return [Problem("valid_days" if draft.valid_days else "valid_until_at", text % {"days": days})]


def _of_windows(draft: DealDraft) -> list[Problem]:
    found = []
    if draft.sale_ends_at is not None and draft.sale_ends_at <= draft.sale_starts_at:
        found.append(Problem("sale_ends_at", _("The sale must end after it starts.")))
    if (draft.valid_until_at is None) == (draft.valid_days is None):
        found.append(
            Problem(
                "valid_days", _("Say until when vouchers are valid: a date, or a number of days after the purchase.")
            )
        )
    elif draft.valid_days is not None and not 0 < draft.valid_days <= MAXIMUM_VALID_DAYS:
        found.append(
            Problem("valid_days", _("Vouchers are valid for 1 to %(most)d days.") % {"most": MAXIMUM_VALID_DAYS})
        )
    elif draft.valid_until_at is not None:
        if draft.valid_until_at <= (draft.valid_from_at or draft.sale_starts_at):
            found.append(Problem("valid_until_at", _("Vouchers must be valid until after they are valid from.")))
        elif draft.sale_ends_at is None or draft.sale_ends_at > draft.valid_until_at:
            found.append(Problem("sale_ends_at", _("Stop the sale before the vouchers expire.")))
    elif draft.valid_from_at is not None:
        found.append(
            Problem("valid_from_at", _("A first day of validity goes with a last date, not with a number of days."))
        )
    return found


def _of_rows(draft: DealDraft) -> list[Problem]:
    found = []
    if len(draft.contents) > MAXIMUM_ROWS or any(not _is_content(row) for row in draft.contents):
        found.append(
            Problem(
                "contents", _("Each row of what one gets has a name, a quantity of at least 1, and a value or none.")
            )
        )
    if len(draft.rules) > MAXIMUM_ROWS or any(
        not (str(row.get("label", "")).strip() and str(row.get("text", "")).strip()) for row in draft.rules
    ):
        found.append(Problem("rules", _("Each rule has a label and a text.")))
    if draft.refund_policy not in Deal.RefundPolicy.values:
        found.append(Problem("refund_policy", _("Choose what happens to unused vouchers.")))
    return found


def _is_content(row: dict[str, Any]) -> bool:
    quantity, value_minor = row.get("quantity", 1), row.get("value_minor")
    return (
        bool(str(row.get("name", "")).strip())
        and isinstance(quantity, int)
        and 0 < quantity <= 1000
        and (value_minor is None or (isinstance(value_minor, int) and 0 <= value_minor <= MAXIMUM_MINOR))
    )


def missing_for_sale(deal: Deal, *, at: datetime) -> tuple[Problem, ...]:
    """Return what must be mended before the deal can be published at `at`; empty when it is ready."""
    found = []
    if not any(store.is_serving for store in deal.stores.all()):
        found.append(Problem("stores", _("Choose at least one store that serves people.")))
    if deal.price_minor < least_charge_minor(deal.currency):
        found.append(Problem("price_minor", _("The price is below what can be paid by card.")))
    if deal.sale_ends_at is not None and deal.sale_ends_at <= at:
        found.append(Problem("sale_ends_at", _("The sale's end has passed. Choose a later one.")))
    if deal.valid_until_at is not None and deal.valid_until_at <= at:
        found.append(Problem("valid_until_at", _("The vouchers' last day has passed. Choose a later one.")))
    if deal.units_left <= 0:
        found.append(Problem("units_total", _("All units are sold. Offer more.")))
    return tuple(found)
