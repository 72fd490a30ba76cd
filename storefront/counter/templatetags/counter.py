"""Instants on the mall's clock: `{% load counter %}`."""

from datetime import datetime

from django import template

from storefront.stores import moments

register = template.Library()


@register.filter
def mall_moment(at: datetime) -> str:
    """Write an instant of these days: "Fri 12:30"."""
    return moments.soon(at)


@register.filter
def mall_clock(at: datetime) -> str:
    """Write the time of day: "12:30"."""
    return moments.clock(at)
