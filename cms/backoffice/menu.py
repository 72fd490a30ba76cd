"""What stands in the back office's menu."""

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem

# What Wagtail offers and a merchant never needs: people, groups and sites have their own pages here or none.
HIDDEN = {
    "settings": {"users", "groups", "sites", "workflows", "workflow-tasks", "collections", "redirects", "locales"},
    "main": {"help", "reports"},
}


class Place(MenuItem):
    """A menu item for those who have a permission."""

    def __init__(self, label: object, url: object, *, permission: str, icon_name: str, order: int) -> None:
        super().__init__(label, url, name=str(icon_name) + str(order), icon_name=icon_name, order=order)
        self.permission = permission

    def is_shown(self, request: HttpRequest) -> bool:
        """Tell whether the person may open it."""
        return bool(request.user.has_perm(self.permission))


def places() -> list[Place]:
    """Return the back office's own menu items."""

    def at(name: str) -> object:
        return reverse_lazy(f"backoffice:{name}")

    return [
        Place(
            _("Today"),
            reverse_lazy("wagtailadmin_home"),
            permission="wagtailadmin.access_admin",
            icon_name="home",
            order=10,
        ),
        Place(_("Deals"), at("deals"), permission="deals.view_deal", icon_name="tag", order=20),
        Place(_("Orders"), at("orders"), permission="orders.view_order", icon_name="bo-receipt", order=30),
        Place(_("Vouchers"), at("vouchers"), permission="vouchers.view_voucher", icon_name="bo-ticket", order=40),
        Place(_("Refunds"), at("refunds"), permission="orders.view_order", icon_name="resubmit", order=45),
        Place(_("Disputes"), at("disputes"), permission="orders.view_order", icon_name="warning", order=47),
        Place(_("Promotions"), at("promotions"), permission="promotions.view_promotion", icon_name="cut", order=25),
        Place(_("Products"), at("products"), permission="catalog.view_product", icon_name="bo-box", order=50),
        Place(_("Stores"), at("stores"), permission="stores.view_store", icon_name="bo-store", order=60),
        Place(_("Money"), at("money"), permission="payments.view_payment", icon_name="bo-coins", order=70),
        Place(
            _("Agency's services"), at("packages"), permission="payments.view_payment", icon_name="bo-receipt", order=80
        ),
        Place(_("Hosting"), "/manage/hosting/", permission="payments.view_payment", icon_name="site", order=78),
        Place(_("Staff"), at("staff"), permission="accounts.change_user", icon_name="group", order=900),
        Place(_("Domains"), at("domains"), permission="accounts.change_user", icon_name="site", order=902),
        Place(
            _("Archive and end"), at("leave"), permission="accounts.change_user", icon_name="folder-inverse", order=905
        ),
        Place(_("Activity log"), at("activity"), permission="audit.view_auditentry", icon_name="history", order=910),
        Place(_("Counter"), "/counter/", permission="vouchers.add_redemption", icon_name="bo-scan", order=920),
        Place(_("See the mall"), "/", permission="wagtailadmin.access_admin", icon_name="link-external", order=930),
    ]
