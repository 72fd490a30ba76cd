"""What became of credits, in words for the merchant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.packages.trade import named
from saas.ui.formats import format_money

from .models import CreditLine

State = CreditLine.State


@dataclass(frozen=True)
class CreditRow:
    """A credit for reading: what was missed on which day by which clause, minor units, what became of it."""

    title: str
    day: date
    clause: str
    amount_minor: int
    currency: str
    became: str


def of_mall(schema: str) -> list[CreditRow]:
    """Return a mall's credits as plain values, newest first; at most 200."""
    rows = CreditLine.objects.filter(tenant__schema_name=schema).order_by("-occurs_on", "-pk")[:200]
    return [
        CreditRow(named(one.title), one.occurs_on, one.clause, one.amount_minor, one.currency, words(one))
        for one in rows
    ]


def words(line: CreditLine) -> str:
    """Say what became of a credit, in the active language."""
    if line.state == State.SETTLED:
        return _("Settled otherwise: %(why)s") % {"why": line.settled_why}
    if line.is_held_up:
        return _(
            "It can stand on no invoice now: the agency pays it back or agrees on something with you, and writes to you."
        )
    if line.state == State.INVOICED:
        return _("Taken off invoice %(number)s") % {"number": line.invoice_number}
    if line.state == State.PAID and line.invoice_number:
        return _("Lowers invoice %(number)s; what was over is paid with your earnings") % {
            "number": line.invoice_number
        }
    return _("Paid with your earnings") if line.state == State.PAID else _("Comes off your next invoice")


def told(line: CreditLine) -> dict[str, Any]:
    """Return what a report keeps of a credit."""
    kept = {
        "id": line.public_id,
        "title": line.title,
        "day": line.occurs_on.isoformat(),
        "clause": line.clause,
        "amount_minor": line.amount_minor,
    }
    return kept | ({"why": line.settled_why} if line.state == State.SETTLED else {})


def otherwise(content: Mapping[str, Any], currency: str) -> list[str]:
    """Say of a report which credits come off no invoice: held up when it was issued, or settled in its time."""

    def said(text: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        return [
            text % {
                "title": named(one["title"]), "amount": format_money(one["amount_minor"], currency), "why": one.get("why", ""),
                "day": date_format(date.fromisoformat(one["day"])),
            }
            for one in rows
        ]  # fmt: skip

    held = _(
        "%(title)s, %(day)s: %(amount)s can stand on no invoice now; the agency pays it back or agrees on something with you."
    )
    settled = _("%(title)s, %(day)s: %(amount)s was settled otherwise: %(why)s")
    return [*said(held, content.get("held", [])), *said(settled, content.get("settled", []))]
