"""What a deal's data says in words: badges and rule rows (X1). Nothing here is typed by a merchant except further rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.gateway import lasts
from saas.ui.formats import listed
from storefront.stores import moments

from . import validity
from .models import Deal
from .policy import binding, withdrawal_days

FEW_UNITS = 10


@dataclass(frozen=True)
class Badge:
    """A short mark of what matters before the tap; `kind` is a kind of ui/badge.html or empty."""

    text: str
    icon: str
    kind: str = ""


@dataclass(frozen=True)
class RuleRow:
    """A labelled rule for ui/rules.html; `kind` is "warning" or empty."""

    label: str
    text: str
    icon: str = ""
    kind: str = ""


def validity_of(deal: Deal) -> validity.Rule:
    """Return the deal's validity rule."""
    return validity.Rule(from_at=deal.valid_from_at, until_at=deal.valid_until_at, days=deal.valid_days)


def refund_badge(policy: str, *, withdrawal_days: int = 0) -> Badge:
    """Say the refund policy in three words."""
    if policy == Deal.RefundPolicy.FINAL and withdrawal_days:
        text = ngettext("Refundable for %(count)d day", "Refundable for %(count)d days", withdrawal_days)
        return Badge(text % {"count": withdrawal_days}, "undo-2")
    if policy == Deal.RefundPolicy.FINAL:
        return Badge(_("Final sale"), "circle-x", "warning")
    if policy == Deal.RefundPolicy.UNTIL_EXPIRY:
        return Badge(_("Refundable until expiry"), "undo-2")
    return Badge(_("Refundable any time"), "undo-2", "success")


def refund_words(policy: str, *, withdrawal_days: int = 0) -> str:
    """Say what comes back and when; within the days of withdrawal an unused voucher does, whatever the policy says (X14)."""
    if policy == Deal.RefundPolicy.FINAL and withdrawal_days:
        return ngettext(
            "An unused voucher is refunded in full when you ask within %(count)d day of the purchase, and not after that.",
            "An unused voucher is refunded in full when you ask within %(count)d days of the purchase, and not after that.",
            withdrawal_days,
        ) % {"count": withdrawal_days}
    if policy == Deal.RefundPolicy.FINAL:
        return _("Not refundable. What you do not use is not paid back.")
    if policy == Deal.RefundPolicy.UNTIL_EXPIRY:
        return _("An unused voucher is refunded in full when you ask before it expires.")
    return _("An unused voucher is refunded in full whenever you ask, and by itself when it expires.")


def way_back_words(deal: Deal) -> str:
    """Say for how long wallets take money back, where a voucher may be refunded later than that; else nothing."""
    if binding(deal) == Deal.RefundPolicy.FINAL:
        return ""
    lasting = (
        timedelta(days=deal.valid_days)
        if deal.valid_days
        else (deal.valid_until_at or deal.sale_starts_at) - deal.sale_starts_at
    )
    short = [(way.name, way.days) for way in lasts.ways(deal.currency) if timedelta(days=way.days) <= lasting]
    if not short:
        return ""
    named = listed(
        [
            _("%(wallet)s takes money back for %(days)d days") % {"wallet": str(name), "days": days}
            for name, days in short
        ]
    )
    return _("%(wallets)s. After that it is paid back another way, and we ask you where to.") % {"wallets": named}


def withdrawal_words(days: int) -> str:
    """Say until when, and how, who buys may withdraw (X14)."""
    return ngettext(
        "Within %(count)d day after that of the purchase you can withdraw from an unused voucher, without a reason.",
        "Within %(count)d days after that of the purchase you can withdraw from an unused voucher, without a reason.",
        days,
    ) % {"count": days}


def badges(deal: Deal) -> tuple[Badge, ...]:
    """Return the deal's marks in a fixed order: refund, validity, booking, limit."""
    marks = [
        refund_badge(binding(deal), withdrawal_days=withdrawal_days(deal)),
        Badge(validity.words(validity_of(deal)), "calendar-days"),
    ]
    if deal.needs_booking:
        marks.append(Badge(_("Booking needed"), "phone"))
    if deal.units_per_person:
        marks.append(Badge(limit_words(deal.units_per_person), "user"))
    return tuple(marks)


def limit_words(units: int) -> str:
    """Say the limit for each person."""
    return ngettext("%(count)d for each person", "At most %(count)d for each person", units) % {"count": units}


def rule_rows(deal: Deal) -> tuple[RuleRow, ...]:
    """Return all rules as labelled rows: those that the data says first, then the merchant's own."""
    policy, days = binding(deal), withdrawal_days(deal)
    final = policy == Deal.RefundPolicy.FINAL and not days
    rows = [
        RuleRow(_("Valid"), validity.words(validity_of(deal)), "calendar-days"),
        RuleRow(_("Refund"), refund_words(policy, withdrawal_days=days), "undo-2", "warning" if final else ""),
    ]
    if way := way_back_words(deal):
        rows.append(RuleRow(_("Way back"), way, "undo-2"))
    if days:
        rows.append(RuleRow(_("Withdrawal"), withdrawal_words(days), "undo-2"))
    if deal.needs_booking:
        rows.append(RuleRow(_("Booking"), _("Book with the store before you come."), "phone"))
    if deal.units_per_person:
        rows.append(RuleRow(_("Limit"), limit_words(deal.units_per_person), "user"))
    rows.append(RuleRow(_("Vouchers"), _("One voucher for each unit. Use them one by one or together."), "ticket"))
    return (*rows, *(RuleRow(str(rule["label"]), str(rule["text"])) for rule in deal.rules))


def place_words(names: list[str]) -> str:
    """Name the store, or say how many there are."""
    if len(names) <= 1:
        return names[0] if names else ""
    return ngettext("%(count)d store", "%(count)d stores", len(names)) % {"count": len(names)}


@dataclass(frozen=True)
class Fact:
    """The one fact on a card; `kind` is "urgent" or empty."""

    text: str = ""
    icon: str = ""
    kind: str = ""


def fact(deal: Deal, *, at: datetime) -> Fact:
    """Return the one fact that matters most: few left, ends soon, not started, booking, how many were sold."""
    if 0 < deal.units_left <= FEW_UNITS:
        return Fact(
            ngettext("Only %(count)d left", "Only %(count)d left", deal.units_left) % {"count": deal.units_left},
            "ticket",
            "urgent",
        )
    if deal.sale_ends_at and timedelta() < deal.sale_ends_at - at <= timedelta(days=2):
        return Fact(_("Ends %(when)s") % {"when": moments.soon(deal.sale_ends_at)}, "clock", "urgent")
    if deal.sale_starts_at > at:
        return Fact(_("From %(when)s") % {"when": moments.when(deal.sale_starts_at)}, "clock")
    if deal.needs_booking:
        return Fact(_("Booking needed"), "phone")
    if deal.units_sold >= FEW_UNITS:
        return Fact(ngettext("%(count)d sold", "%(count)d sold", deal.units_sold) % {"count": deal.units_sold}, "users")
    return Fact()
