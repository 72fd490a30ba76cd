"""Contracts that wait for a signature, told where people look first: the console's overview, and the merchant's Today."""

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.backoffice.today.queries import Alert
from ops_console.portfolio.queries import Waits
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import queries
from .models import Contract, ContractVersion


def on_overview() -> list[Waits]:
    """Return that contracts wait for the agency or for merchants, each with how many, and until when the first. Two queries."""
    ours, theirs = _days(Contract.Side.AGENCY), _days(Contract.Side.MERCHANT)
    here = reverse("contracts:index")
    found = []
    if ours:
        words = ngettext(
            "%(count)d contract waits for the agency’s signature", "%(count)d contracts wait for the agency’s signature", len(ours)
        )  # fmt: skip
        found.append(Waits("warning", words % {"count": len(ours)}, _until(ours), f"{here}?waits=agency"))
    if theirs:
        words = ngettext(
            "%(count)d contract waits for the merchant’s signature", "%(count)d contracts wait for the merchants’ signatures", len(theirs)
        )  # fmt: skip
        found.append(Waits("info", words % {"count": len(theirs)}, _until(theirs), f"{here}?waits=merchant"))
    return found


def _days(side: str) -> list[str]:
    """Return until when each that waits for a side can be signed, the first day first, in words."""
    rows = queries.unsigned(side).order_by("answer_until").values_list("answer_until", flat=True)
    return [date_format(day) if day else "" for day in rows]


def _until(days: list[str]) -> str:
    if len(days) == 1:
        return _("until %(day)s") % {"day": days[0]}
    return _("the first until %(day)s") % {"day": days[0]}


def on_today() -> list[Alert]:
    """Return what the mall's owner has to sign or to decline. Called in the mall; one query of the platform's."""
    schema = mall().schema_name
    with on_platform():
        rows = queries.unsigned(Contract.Side.MERCHANT).filter(contract__tenant__schema_name=schema)
        found = list(rows.select_related("contract"))
    return [_alert(one) for one in found]


def _alert(version: ContractVersion) -> Alert:
    contract = version.contract
    words = (
        _("“%(title)s” waits for your answer")
        if version.number == 1
        else _("A change of “%(title)s” waits for your answer")
    )
    day = date_format(version.answer_until) if version.answer_until else ""
    href = reverse("hosting_contracts:contract", args=[contract.public_id]) + f"?version={version.number}"
    text = _("Read and sign it until %(day)s. Nothing of it begins before both have signed.") % {"day": day}
    return Alert("warning", words % {"title": contract.title}, text, href, _("Read it"))
