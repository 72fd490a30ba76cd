"""Words of the books, for the console: `{% load portfolio %}`."""

from django import template

from billing.ledger.models import Account

register = template.Library()


@register.filter
def account_word(kind: str) -> str:
    """Return what people call an account of the books."""
    return str(dict(Account.Kind.choices).get(kind, kind))


@register.filter
def transfer_word(kind: str) -> str:
    """Return a transfer's kind as words."""
    return kind.replace("_", " ").capitalize()
