"""Names of modules, tasks and lines of checklists in the reader's language: `{% load trade %}{{ module.name|named }}`."""

from django import template

from billing.packages import trade

register = template.Library()


@register.filter
def named(text: str) -> str:
    """Write a text of the trade's own in the active language, any other as it stands."""
    return trade.named(str(text))


@register.filter
def invoice_line(description: str) -> str:
    """Return an invoice's line in the active language; see `trade.line`."""
    return trade.line(description)
