"""Reads of pages for the frame that every page of a mall has."""

from .models import PlainPage


def footer_links() -> list[dict[str, str]]:
    """Return the plain pages that stand in menus, as {label, href}, in the merchant's order. One query."""
    rows = PlainPage.objects.live().in_menu().order_by("path").values_list("title", "url_path")
    return [{"label": title, "href": path_of(url_path)} for title, url_path in rows]


def path_of(url_path: str) -> str:
    """Return the address of a page from its stored path: the first part is the home page's own slug."""
    return "/" + url_path.lstrip("/").partition("/")[2]
