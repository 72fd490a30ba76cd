"""Where the back office meets Wagtail's admin: addresses, menu, looks, home panels."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import include, path
from django.utils.html import format_html
from wagtail import hooks

from . import menu, patterns
from .today import panels


@hooks.register("register_admin_urls")
def own_pages() -> list[Any]:
    """Give the back office's pages their addresses under Wagtail's admin."""
    return [path("", include((patterns.urlpatterns, "backoffice"), namespace="backoffice"))]


@hooks.register("construct_main_menu")
def own_menu(request: HttpRequest, items: list[Any]) -> None:
    """Put the back office's places into the menu, and take away what a merchant never needs."""
    items[:] = [item for item in items if item.name not in menu.HIDDEN["main"]]
    items.extend(place for place in menu.places() if place.is_shown(request))


@hooks.register("construct_settings_menu")
def fewer_settings(_request: HttpRequest, items: list[Any]) -> None:
    """Take Wagtail's people, groups, sites and workflows out of the settings."""
    items[:] = [item for item in items if item.name not in menu.HIDDEN["settings"]]


@hooks.register("construct_homepage_panels")
def today(request: HttpRequest, shown: list[Any]) -> None:
    """Replace Wagtail's home panels with the merchant's day."""
    shown[:] = panels.for_request(request)


@hooks.register("construct_homepage_summary_items")
def no_summary(_request: HttpRequest, items: list[Any]) -> None:
    """Leave out Wagtail's counts of pages and pictures."""
    items.clear()


@hooks.register("insert_global_admin_css")
def looks() -> str:
    """Dress Wagtail's admin in ink and lacquer red."""
    return format_html('<link rel="stylesheet" href="{}">', static("backoffice/backoffice.css"))


@hooks.register("register_icons")
def icons(known: list[str]) -> list[str]:
    """Add the menu's own icons."""
    return [
        *known,
        *(f"backoffice/icons/bo-{name}.svg" for name in ("receipt", "ticket", "box", "store", "coins", "scan")),
    ]
