"""Template tags of the design system: `{% load ui %}`."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

from saas.ui import charts, formats

register = template.Library()


@register.simple_tag
def money(amount_minor: int | None, currency: str, short: bool = False) -> str:
    """Write an amount of minor units: `{% money 12800 "CNY" %}`; `short=True` drops a zero minor part; None gives "–"."""
    if amount_minor is None:
        return "–"
    text = formats.format_money(int(amount_minor), str(currency), short=short)
    return format_html('<span class="money">{}</span>', text)


@register.simple_tag
def money_text(amount_minor: int, currency: str, short: bool = False) -> str:
    """Write an amount without markup, for titles, labels of buttons and attributes."""
    return formats.format_money(int(amount_minor), str(currency), short=short)


@register.simple_tag
def saving(price_minor: int, was_minor: int | None) -> str:
    """Say the saving in words, "Save 35%"; empty when there is none."""
    percent = formats.saving_percent(int(price_minor), int(was_minor or 0))
    return _("Save %(percent)s%%") % {"percent": percent} if percent else ""


@register.filter
def groups(code: str) -> str:
    """Write a code in groups of four: `{{ voucher.code|groups }}`."""
    return formats.grouped(str(code))


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw a lucide icon; without a label it is hidden from assistive technology."""
    return _drawn(str(name), str(label))


@lru_cache(maxsize=512)
def _drawn(name: str, label: str) -> SafeString:
    attrs = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return mark_safe(lucide(name, size=None, **{"class": "icon", **attrs}))  # noqa: S308 - lucide escapes attributes


@register.simple_tag(takes_context=True)
def nav_link(
    context: Context, href: str, label: str, icon_name: str = "", *, count: int | None = None, exact: bool = False
) -> SafeString:
    """Draw a link of a navigation; it is current when the request's path begins with it, or with `exact` equals it."""
    request = context.get("request")
    path = getattr(request, "path", "")
    here = path == href or (not exact and href != "/" and path.startswith(href))
    return format_html(
        '<a href="{}"{}>{}<span>{}</span>{}</a>',
        href,
        mark_safe(' aria-current="page"') if here else "",
        icon(icon_name) if icon_name else "",
        label,
        format_html('<span class="count">{}</span>', count) if count else "",
    )


@register.simple_tag
def sparkline(values: Sequence[int]) -> str:
    """Draw a small line of the values' course; decoration only, so the figure beside it must say the number."""
    points = charts.spark_points(list(values or []))
    if not points:
        return ""
    x, y = points.split(" ")[-1].split(",")
    return format_html(
        '<svg class="sparkline" viewBox="0 0 88 32" preserveAspectRatio="none" aria-hidden="true"><polyline points="{}" fill="none" '
        'stroke="currentColor" stroke-width="2" stroke-linejoin="round" stroke-linecap="round" '
        'vector-effect="non-scaling-stroke"/><path d="M{} {}h.01" stroke="currentColor" stroke-width="7" stroke-linecap="round" '
        'vector-effect="non-scaling-stroke"/></svg>',
        points,
        x,
        y,
    )


@register.inclusion_tag("ui/chart.html")
def chart(figure: charts.Chart) -> dict[str, Any]:
    """Draw a `saas.ui.charts.Chart` as SVG with the table that says the same."""
    return charts.layout(figure)


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:  # noqa: A002 - the attribute's name
    """Wrap content in a dialog, opened by `<button data-dialog="id">` or by a link `href="…"` with the same attribute."""
    return render_to_string("ui/dialog.html", {"content": content, "id": id, "title": title})


@register.simple_block_tag
def sticky_bar(content: str) -> str:
    """Keep content, such as price and Buy, at the window's lower edge; focus stays visible above it."""
    return format_html('<div class="buybar">{}</div>', content)


@register.simple_block_tag
def notice(content: str, kind: str = "info", title: str = "", live: bool = False) -> SafeString:
    """Wrap content in a notice; kinds: info, success, warning, danger; `live` announces it when it appears."""
    context = {"content": content, "kind": kind, "title": title, "role": "status" if live else ""}
    return render_to_string("ui/notice.html", context)


@register.simple_block_tag
def state_panel(content: str, face: str, word: str, title: str = "", text: str = "") -> SafeString:
    """Fill the counter's screen with one state; content are its buttons. Faces: see `ui/state_panel.html`."""
    context = {"content": content, "face": face, "word": word, "title": title, "text": text}
    return render_to_string("ui/state_panel.html", context)


@register.filter
def beside(row: Sequence[Any], columns: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Pair a row's cells with their columns."""
    return list(zip(row, columns, strict=True))


@register.filter
def page_numbers(page: Page) -> list[int]:
    """Give the page numbers to show: first, last and those near by; 0 stands for a gap."""
    shown = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else 0 for number in shown]


@register.filter
def next_range(page: Page) -> str:
    """Say which items the next page holds, "13–24"."""
    following = page.paginator.page(page.next_page_number())
    return f"{following.start_index()}–{following.end_index()}"
