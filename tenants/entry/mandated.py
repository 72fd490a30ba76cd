"""
What a contract can let the agency do in a mall: one list of keys, and what each opens. The platform grants keys, the mall asks for them.

`look` goes with every mandate. Nothing here opens what is never delegated (A3, `permissions.py`).
"""

from collections.abc import Iterable, Mapping

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
# What a mandate limits; above it a second person must agree (A4). Amounts are minor units of the mall's currency. A limit of a day is for
# all of the agency's people together, by the mall's clock; a mandate from before there was one has none.
LIMITS: dict[str, object] = {
    "refund_minor": _("Largest refund without a second person"),
    "refund_day_minor": _("Most that is refunded on one day without a second person"),
    "price_cut_percent": _("Largest price cut without a second person, in percent"),
    "coupon_uses": _("Most uses of a promotion code without a second person"),
}


def is_key(name: str) -> bool:
    """Tell whether it is a permission that a contract can give."""
    return name in KEYS


def label(key: str) -> str:
    """Return what a permission lets the agency do, in plain words."""
    return str(KEYS.get(key, key))


# --- What a key opens ---------------------------------------------------------------------------------------------------
# Django's permissions -> keys, any of which will do. What is not named is closed to a visit by mandate.
_REFUNDS = ("orders.view", "refunds.decide")
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "wagtailadmin.access_admin": (LOOK,),
    "deals.view_deal": (LOOK,),
    "stores.view_store": (LOOK,),
    "promotions.view_promotion": (LOOK,),
    "audit.view_auditentry": (LOOK,),
    "cms_theming.view_theme": (LOOK,),
    **{f"catalog.view_{thing}": (LOOK,) for thing in ("product", "variant", "category", "catalogimport")},
    "orders.view_order": _REFUNDS,
    "vouchers.view_voucher": _REFUNDS,
    "payments.view_payment": ("orders.view",),
    "orders.change_order": ("refunds.decide",),
    "deals.add_deal": ("deals.draft",),
    "deals.change_deal": ("deals.draft", "deals.publish", "deals.price"),
    "promotions.add_promotion": ("promotions.manage",),
    "promotions.change_promotion": ("promotions.manage",),
    "stores.add_store": ("stores.edit",),
    "stores.change_store": ("stores.edit",),
    **{
        f"catalog.{verb}_{thing}": ("catalog.edit",)
        for thing in ("product", "variant", "category", "catalogimport")
        for verb in ("add", "change")
    },
    "cms_theming.change_theme": ("theme.edit",),
    **{f"vouchers.{verb}_redemption": ("counter.redeem",) for verb in ("add", "change", "view")},
}


def in_order(clauses: Iterable[str]) -> list[str]:
    """Return numbers of clauses, each once, as they follow in a contract: 2.2 before 2.10."""

    def parts(clause: str) -> list[tuple[int, str]]:
        return [(int(part), "") if part.isdigit() else (0, part) for part in clause.split(".")]

    return sorted(set(clauses), key=parts)


def opens(permission: str, given: Mapping[str, str]) -> bool:
    """Tell whether what a mandate gives opens one of Django's permissions."""
    return any(key in given for key in PERMISSIONS.get(permission, ()))
