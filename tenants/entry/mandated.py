"""
What a contract can let the agency do in a mall: one list of keys, and what each opens. The platform grants keys, the mall asks for them.

`look` goes with every mandate. Nothing here opens what is never delegated (A3, `permissions.py`).
"""

from django.utils.translation import gettext_lazy as _

LOOK = "look"
# Key -> what the merchant reads in the contract, in the feed and in the banner.
KEYS: dict[str, object] = {
    LOOK: _("See your back office"),
    "content.edit": _("Write pages and pictures, as drafts"),
    "content.publish": _("Publish pages and news"),
    "deals.draft": _("Write deals, as drafts"),
    "deals.publish": _("Put deals on sale and end them"),
    "deals.price": _("Change prices of deals"),
    "promotions.manage": _("Make and stop promotion codes"),
    "catalog.edit": _("Keep products"),
    "stores.edit": _("Keep stores and opening hours"),
    "orders.view": _("See orders, vouchers and money"),
    "refunds.decide": _("Refund vouchers and decide about refunds"),
    "members.message": _("Write to your members"),
    "theme.edit": _("Change logo and colours"),
    "counter.redeem": _("Redeem vouchers at the counter"),
}
# What a mandate limits; above it a second person must agree (A4). Amounts are minor units of the mall's currency.
LIMITS: dict[str, object] = {
    "refund_minor": _("Largest refund without a second person"),
    "price_cut_percent": _("Largest price cut without a second person, in percent"),
    "coupon_uses": _("Most uses of a promotion code without a second person"),
}


def is_key(name: str) -> bool:
    """Tell whether it is a permission that a contract can give."""
    return name in KEYS


def label(key: str) -> str:
    """Return what a permission lets the agency do, in plain words."""
    return str(KEYS.get(key, key))
