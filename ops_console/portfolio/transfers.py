"""What the books' transfers and their details are called in the console. A test holds the list against what the code books."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# By kind.
TRANSFERS = {
    "order_paid": _("Order paid"),
    "voucher_redeemed": _("Voucher redeemed: the merchant’s part"),
    "voucher_redeemed_reversed": _("Redemption undone"),
    "commission": _("Commission"),
    "commission_tax": _("Tax on commission"),
    "agency_share": _("Agency’s share"),
    "voucher_refunded": _("Voucher refunded"),
    "voucher_refunded_reversed": _("Refund failed at the bank"),
    "voucher_lapsed": _("Voucher ended unused"),
    "earning_released": _("Earning available"),
    "earning_brought_back": _("Earning brought back"),
    "payout_begun": _("Settled"),
    "owed_netted": _("Kept for what the merchant owed"),
    "transfer_sent": _("Sent to the merchant’s Stripe account"),
    "recovery_begun": _("To be brought back from the merchant’s Stripe account"),
    "recovery_begun_reversed": _("Stripe did not bring it back: the merchant owes it"),
    "transfer_reversed": _("Brought back from the merchant’s Stripe account"),
    "payout_paid": _("Arrived at the merchant’s bank"),
    "payout_paid_reversed": _("Sent back by the merchant’s bank"),
    "redemption_refunded": _("Used voucher refunded"),
    "redemption_refunded_commission": _("Commission given back"),
    "redemption_refunded_tax": _("Tax on commission given back"),
    "redemption_refunded_agency": _("Agency’s share given back"),
    "discount_borne": _("Discount borne by the platform"),
    "discount_borne_commission": _("Commission on a borne discount"),
    "discount_borne_tax": _("Tax on commission on a borne discount"),
    "discount_borne_agency": _("Agency’s share of a borne discount"),
    "discount_returned": _("Borne discount given back"),
    "discount_returned_commission": _("Commission on a borne discount given back"),
    "discount_returned_tax": _("Tax on commission on a borne discount given back"),
    "discount_returned_agency": _("Agency’s share of a borne discount given back"),
    "payment_unassigned": _("Payment that buys nothing"),
    "payment_returned": _("Payment that bought nothing sent back"),
    "payment_returned_reversed": _("Sending it back failed at the bank"),
    "dispute_opened": _("Held back in a dispute"),
    "dispute_won": _("Dispute won"),
    "dispute_lost": _("Dispute lost"),
    "dispute_lost_commission": _("Dispute lost: commission given up"),
    "dispute_lost_tax": _("Dispute lost: tax on commission given up"),
    "dispute_lost_agency": _("Dispute lost: agency’s share given up"),
    "package_netted": _("Service package, out of the balance"),
    "package_paid": _("Service package, paid by card"),
    "package_paid_elsewhere": _("Service package, paid to the platform’s bank"),
    "package_returned": _("Service package, given back"),
    "stripe_fee": _("Stripe’s fee"),
    "paid_to_bank": _("Paid to the platform’s bank"),
    "back_from_bank": _("Back from the platform’s bank"),
    "tax_paid": _("Tax on commission, paid to the tax office"),
}
# What a journal says of itself, by name.
DETAILS = {
    "title": _("What for"),
    "order_number": _("Order number"),
    "store": _("Store"),
    "rule": _("Rule of the commission"),
    "rate_bp": _("Rate, in hundredths of a percent"),
    "promotion": _("Promotion code"),
    "refund": _("Refund"),
    "dispute": _("Dispute"),
    "payment_intent": _("Payment at Stripe"),
    "invoice": _("Invoice"),
    "payout": _("Payout"),
    "settlement": _("Settlement"),
    "transfer": _("Transfer at Stripe"),
    "movement": _("Movement at Stripe"),
    "for": _("Movement of"),
    "day": _("Day"),
    "reference": _("Reference"),
    "month": _("For the month"),
}
# Reasons that the platform itself writes into the books.
_REASONS = {"The refund failed at the bank": _("The refund failed at the bank")}
# Who asked, where an old record keeps no name.
KINDS = {
    "shopper": _("A shopper"),
    "merchant": _("Somebody of the merchant"),
    "agency": _("Somebody of the agency"),
    "platform": _("Somebody of the platform"),
    "guest": _("A guest"),
    "system": _("The platform itself"),
}


def word_of(kind: str) -> str:
    """Return what a kind of transfer is called; one that takes another back is called after it."""
    if kind in TRANSFERS:
        return str(TRANSFERS[kind])
    if kind.endswith("_reversed"):
        return gettext("%(what)s: taken back") % {"what": word_of(kind.removesuffix("_reversed"))}
    return kind.replace("_", " ").capitalize()


def detail_of(name: str) -> str:
    """Return what a detail of a journal is called."""
    return str(DETAILS.get(name, name.replace("_", " ").capitalize()))


def reason_of(reason: str) -> str:
    """Return a reason in the reader's language where the platform wrote it; what people wrote stays as it is."""
    return str(_REASONS.get(reason, reason))


def by_of(kind: str) -> str:
    """Return in words what kind of actor somebody was who has no name any more."""
    return str(KINDS.get(kind, kind))
