"""What a person's roles open, for the console's pages: `{% load roles %}`."""

from django import template
from django.template import Context

from ops_console.mandates.roles import may_open as _may_open

register = template.Library()


@register.simple_tag(takes_context=True)
def may_open(context: Context, path: str) -> bool:
    """Tell whether the reader's roles open the page of a path, so that no link leads to a refusal."""
    return _may_open(context["request"], path)
