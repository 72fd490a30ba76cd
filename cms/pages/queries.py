"""Reads of pages for the frame that every page of a mall has."""

from .models import DealPage, PlainPage


def deal_page(slug: str) -> DealPage | None:
    """Return the published page of a deal with the deal and its category. One query."""
    rows = DealPage.objects.live().filter(slug=slug).select_related("deal__category").order_by()
    return next(iter(rows[:1]), None)


def footer_links() -> list[dict[str, str]]:
    """Return the plain pages that stand in menus, as {label, href}, in the merchant's order. One query."""
    rows = PlainPage.objects.live().in_menu().order_by("path").values_list("title", "url_path")
    return [{"label": title, "href": path_of(url_path)} for title, url_path in rows]


def path_of(url_path: str) -> str:
    """Return the address of a page from its stored path: the first part is the home page's own slug."""
    return "/" + url_path.lstrip("/").partition("/")[2]
