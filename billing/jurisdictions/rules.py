"""
What differs from place to place in the rules of vouchers and invoices.

These are **defaults and not legal advice**: a sensible start that an operator has to check with a lawyer of the place. One row for each
place, chosen by the mall's currency unless the operator names one for all (`HUTONG_JURISDICTION`).

Sources of the defaults: for CN the Measures for Single-Purpose Commercial Prepaid Cards (no expiry of named cards) and the
consumer law's refund of unused prepayments; for US the CARD Act of 2009, 15 U.S.C. § 1693l-1 (paid value at least five years); for EU
Directive (EU) 2016/1065 (single- and multi-purpose vouchers) and Directive 2011/83/EU (14 days of withdrawal). Of the tax on commission:
for CN Circular Caishui [2016] 36 (modern services); for EU Directive 2006/112/EC, articles 44 and 196 (reverse charge).
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.utils.translation import gettext_lazy as _

DISCLAIMER = _("These are defaults and not legal advice. Check them with somebody who knows the law of the place.")


class TaxKind(StrEnum):
    """How a service is taxed."""

    VAT = "vat"
    SALES_TAX = "sales_tax"
    NONE = "none"


class TaxAt(StrEnum):
    """When the tax on a voucher falls due (X13): a voucher for one known service at the sale, another at the redemption."""

    SALE = "sale"
    REDEMPTION = "redemption"


@dataclass(frozen=True)
class Jurisdiction:
    """
    The rules of a place.

    `shortest_validity_days`: a deal's vouchers may not end sooner after the purchase. `value_is_kept`: for so long after a voucher's
    end the paid value is still owed (X3). `must_refund_unused`: an unused voucher is refunded whatever the deal says (X2).
    `withdrawal_days`: a shopper may withdraw without a reason. `invoice_word`: what the paper is called that tax offices know.
    `commission_tax_bp`: what new terms put on top of the platform's commission (M5), basis points of it; 0 where nobody can know, with
    `commission_tax_reason` for whoever offers terms.
    """

    code: str
    name: object
    shortest_validity_days: int
    value_is_kept: timedelta
    must_refund_unused: bool
    withdrawal_days: int
    tax_kind: TaxKind
    voucher_taxed_at: TaxAt
    invoice_word: object
    commission_tax_bp: int
    commission_tax_reason: object


_CHINA = Jurisdiction(
    code="cn",
    name=_("China"),
    shortest_validity_days=0,
    value_is_kept=timedelta(0),
    must_refund_unused=True,
    withdrawal_days=7,
    tax_kind=TaxKind.VAT,
    voucher_taxed_at=TaxAt.REDEMPTION,
    invoice_word=_("Fapiao"),
    commission_tax_bp=600,
    # For gettext, xgettext:no-python-format
    commission_tax_reason=_("6 % VAT on modern services; a small-scale taxpayer has another rate."),
)
_UNITED_STATES = Jurisdiction(
    code="us",
    name=_("United States"),
    shortest_validity_days=0,
    value_is_kept=timedelta(days=5 * 365 + 2),
    must_refund_unused=False,
    withdrawal_days=0,
    tax_kind=TaxKind.SALES_TAX,
    voucher_taxed_at=TaxAt.REDEMPTION,
    invoice_word=_("Invoice"),
    commission_tax_bp=0,
    commission_tax_reason=_("Most states do not tax a service of this kind."),
)
_EUROPE = Jurisdiction(
    code="eu",
    name=_("European Union"),
    shortest_validity_days=0,
    value_is_kept=timedelta(days=2 * 365 + 1),
    must_refund_unused=False,
    withdrawal_days=14,
    tax_kind=TaxKind.VAT,
    voucher_taxed_at=TaxAt.SALE,
    invoice_word=_("VAT invoice"),
    commission_tax_bp=0,
    commission_tax_reason=_(
        "Between businesses of two member states the merchant accounts for the VAT (reverse charge). Where the platform is registered "
        "in the merchant's own country, that country's rate is due."
    ),
)
_ELSEWHERE = Jurisdiction(
    code="other",
    name=_("Elsewhere"),
    shortest_validity_days=0,
    value_is_kept=timedelta(days=365),
    must_refund_unused=False,
    withdrawal_days=0,
    tax_kind=TaxKind.NONE,
    voucher_taxed_at=TaxAt.REDEMPTION,
    invoice_word=_("Invoice"),
    commission_tax_bp=0,
    commission_tax_reason=_("Nobody has said what is due here."),
)
PLACES = {place.code: place for place in (_CHINA, _UNITED_STATES, _EUROPE, _ELSEWHERE)}
_BY_CURRENCY = {"cny": "cn", "usd": "us", "eur": "eu"}


def of_currency(currency: str) -> Jurisdiction:
    """Return the rules for a mall that sells in a currency: those that the operator chose, else the currency's default."""
    return PLACES[settings.JURISDICTION or _BY_CURRENCY.get(currency.lower(), "other")]


def commission_tax_bp(currency: str) -> int:
    """Return the tax that new terms of such a mall put on the commission: the operator's rate if there is one, else the place's."""
    chosen: int | None = settings.COMMISSION_TAX_BP
    return of_currency(currency).commission_tax_bp if chosen is None else chosen
