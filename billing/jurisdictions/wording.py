"""The rules of a mall's place in words, for its merchant. Defaults and not legal advice, and it says so."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import rules
from .rules import Jurisdiction, TaxAt, TaxKind

_YEAR = timedelta(days=365)


def rows(currency: str) -> list[tuple[str, str]]:
    """Return (what, rule) for a mall that sells in a currency, as they hold now for what is sold from now on."""
    place = rules.of_currency(currency)
    found = [
        (_("Place"), str(place.name)),
        (_("Unused vouchers"), _unused(place)),
        (_("Withdrawal"), _withdrawal(place.withdrawal_days)),
        (_("What was paid for a voucher that ended"), _kept(place)),
    ]
    if days := place.shortest_validity_days:
        found.append((_("Validity"), ngettext("at least %(n)d day", "at least %(n)d days", days) % {"n": days}))
    return [
        *found,
        (_("Tax on what you sell"), _tax(place)),
        (_("Paper that tax offices know"), str(place.invoice_word)),
        (_("Tax on the commission"), _commission(currency, place)),
    ]


def _unused(place: Jurisdiction) -> str:
    if place.must_refund_unused:
        return _("Refunded whenever the buyer asks, and by themselves at their end, whatever the deal says.")
    return _("Refunded as the deal says.")


def _withdrawal(days: int) -> str:
    if not days:
        return _("No right to withdraw beside what the deal says.")
    text = ngettext(
        "Within %(n)d day after that of the purchase, without a reason.",
        "Within %(n)d days after that of the purchase, without a reason.",
        days,
    )
    return text % {"n": days}


def _kept(place: Jurisdiction) -> str:
    years = place.value_is_kept // _YEAR
    if place.must_refund_unused:
        return _("Goes back to the buyer.")
    if not years:
        return _("Is not owed any more.")
    text = ngettext(
        "Is still owed for %(n)d year; then it stands as expired in the books.",
        "Is still owed for %(n)d years; then it stands as expired in the books.",
        years,
    )
    return text % {"n": years}


def _tax(place: Jurisdiction) -> str:
    if place.tax_kind == TaxKind.NONE:
        return _("Nobody has said which tax is due here.")
    kind = _("VAT") if place.tax_kind == TaxKind.VAT else _("Sales tax")
    if place.voucher_taxed_at == TaxAt.SALE:
        return _("%(tax)s falls due when a voucher for one known service is sold.") % {"tax": kind}
    return _("%(tax)s falls due when a voucher is used.") % {"tax": kind}


def _commission(currency: str, place: Jurisdiction) -> str:
    rate = f"{rules.commission_tax_bp(currency) / 100:g} %"
    return _("%(rate)s in new terms. %(reason)s") % {"rate": rate, "reason": place.commission_tax_reason}
