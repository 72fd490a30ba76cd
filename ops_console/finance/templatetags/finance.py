"""Words of finance: `{% load finance %}`."""

import re
from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import pgettext

from billing.reconciliation.models import Break
from ops_console.finance import words
from saas.kernel import clock
from saas.ui.formats import format_money

register = template.Library()
_ENDS_IN_CURRENCY = re.compile(r"(?:^|[ :])([a-z]{3})$")


@register.filter
def break_word(kind: str) -> str:
    """Return what a class of breaks is called."""
    return words.title_of(kind)


@register.filter
def break_hint(kind: str) -> str:
    """Return what a person looks at first."""
    return words.hint_of(kind)


@register.filter
def break_sides(kind: str) -> tuple[str, str]:
    """Return what the two sides of a class of breaks are called."""
    return words.sides_of(kind)


@register.filter
def act_word(action: str) -> str:
    """Return what somebody did, for the trail."""
    return words.act_of(action)


def _currency(row: Break) -> str:
    """Return a break's currency; sums name theirs at the end of their subject. Counts have none."""
    if row.kind == "events_stuck":
        return ""
    found = _ENDS_IN_CURRENCY.search(row.subject)
    return row.currency or (found.group(1) if found else "")


@register.simple_tag
def side_of(row: Break, amount_minor: int | None) -> str:
    """Write what one side of a break says: an amount, a count, or that it has nothing."""
    if amount_minor is None:
        return format_html('<span class="none">{}</span>', pgettext("amount", "nothing"))
    currency = _currency(row)
    text = format_money(amount_minor, currency) if currency else f"{amount_minor:,}"
    return format_html('<span class="money">{}</span>', text)


@register.simple_tag
def difference(row: Break) -> str:
    """Write by how much the second side is larger than the first."""
    return side_of(row, (row.found_minor or 0) - (row.expected_minor or 0))


@register.filter
def age(at: datetime | None) -> str:
    """Return how long ago something was, roughly."""
    return timesince(at, clock.now(), depth=1) if at else "–"
