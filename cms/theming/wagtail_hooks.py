"""The Look page in Wagtail's admin."""

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from . import views


class LookItem(MenuItem):
    """Shown to those who may change the look."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Tell whether the person may open it."""
        return bool(request.user.has_perm("cms_theming.change_theme"))


@hooks.register("register_admin_urls")
def look_urls() -> list[Any]:
    """Give the page its address."""
    return [path("look/", views.look, name="look"), path("look/sample/", views.sample, name="look_sample")]


@hooks.register("register_admin_menu_item")
def look_item() -> LookItem:
    """Put the page into the menu, below pages and pictures."""
    return LookItem(_("Look"), reverse_lazy("look"), name="look", icon_name="sliders", order=800)
