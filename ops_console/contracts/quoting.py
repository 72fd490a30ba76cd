"""Quotes: what a merchant would pay for what, from the catalogue's prices, a package, or lines of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.packages.models import Package, Price
from billing.packages.selling import frozen
from ops_console.leads import operations as leads
from ops_console.work.clauses import Clause
from ops_console.work.models import TaskTemplate
from saas.audit import operations as audit
from saas.audit.phrases import Phrase, phrase
from saas.kernel import money
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id as new_id
from saas.kernel.locking import locked_one
from tenants.registry.models import Tenant

from . import words
from .models import Quote


class QuoteRefused(DomainError):
    """A quote that makes no sense; `field` names what is wrong."""

    code = "quote_refused"


@dataclass(frozen=True)
class OwnLine:
    """A line that is not in the catalogue, minor units."""

    what: str
    kind: str
    amount_minor: int


@dataclass(frozen=True)
class QuoteDraft:
    """What a mall is quoted: `prices` are public ids of the catalogue's, `own` lines beside them; `package` is one's public id, or ""."""

    tenant: Tenant
    title: str
    language: str
    prices: Sequence[str]
    own: Sequence[OwnLine]
    minimum_months: int
    notice_days: int
    package: str = ""


@transaction.atomic
def make(draft: QuoteDraft, *, by: Actor, now: datetime) -> Quote:
    """
    Make a quote; its clauses are what the templates of its modules promise. The mall's lead is quoted by it. Locks: Lead.

    :raises QuoteRefused: nothing that goes on, a price that is retired or of another currency than the mall's
    """
    prices = list(Price.objects.select_related("module").filter(public_id__in=draft.prices, retired_at=None))
    if len(prices) != len(set(draft.prices)) or any(price.currency != draft.tenant.currency for price in prices):
        raise QuoteRefused(_("Choose prices of the mall's currency, and none that is retired."), field="prices")
    lines = [*map(frozen, prices), *map(new_line, draft.own)]
    refuse_lines(lines)
    quote = Quote.objects.create(
        tenant=draft.tenant, customer=draft.tenant.name, title=draft.title.strip(),
        language=words.language_of(draft.language), currency=draft.tenant.currency, lines=lines,
        clauses=[clause.as_json() for clause in clauses_of({price.module_id for price in prices}, draft.tenant.currency)],
        minimum_months=draft.minimum_months, notice_days=draft.notice_days, created_by=by.name[:160], created_at=now,
        package=Package.objects.filter(public_id=draft.package).first() if draft.package else None,
    )  # fmt: skip
    leads.note_quote(tenant=draft.tenant, by=by, now=now)
    _note(
        "quote.made",
        quote,
        phrase(_("Quoted %(quote)s to %(customer)s"), quote=quote.title, customer=quote.customer),
        by=by,
        now=now,
    )
    return quote


@transaction.atomic
def drop(*, quote: str, by: Actor, now: datetime) -> Quote:
    """Put a quote aside that came to nothing. Locks: Quote. Repeated it changes nothing."""
    found = locked_one(Quote.objects.filter(public_id=quote))
    if found.state == Quote.State.OPEN:
        found.state = Quote.State.DROPPED
        found.save(update_fields=["state"])
        _note("quote.dropped", found, phrase(_("Dropped the quote %(quote)s"), quote=found.title), by=by, now=now)
    return found


def refuse_lines(lines: Sequence[dict[str, Any]]) -> None:
    """
    Refuse prices that no month could be billed by.

    :raises QuoteRefused: nothing monthly or by unit, two monthly prices of one module
    """
    monthly = [one["module"] for one in lines if one["kind"] == Price.Kind.MONTHLY]
    if all(one["kind"] == Price.Kind.ONE_OFF for one in lines):
        raise QuoteRefused(_("Something has to go on: choose a monthly or a unit price."), field="prices")
    if len(set(monthly)) != len(monthly):
        raise QuoteRefused(_("A module has one monthly price."), field="prices")


def prices_of_package(package: str) -> list[str]:
    """Return the public ids of a package's prices that are still sold."""
    return list(Price.objects.filter(packages__public_id=package, retired_at=None).values_list("public_id", flat=True))


def clauses_of(modules: Iterable[int], currency: str) -> list[Clause]:
    """
    Return what the modules' templates promise, numbered "2.1" and on, in a contract of a currency.

    A template's credit is in the currency of its module's first monthly price, though that one was replaced since; in another one it is the
    same share of the price there, in whole units.
    """
    templates = TaskTemplate.objects.select_related("module").filter(module__in=list(modules), retired_at=None)
    monthly = _monthly(one.module_id for one in templates)
    clauses = [from_template(one, f"2.{place}") for place, one in enumerate(templates, start=1)]
    return [
        replace(clause, credit_minor=_credit(clause.credit_minor, monthly.get(one.module_id, {}), currency))
        for clause, one in zip(clauses, templates, strict=True)
    ]


def _monthly(modules: Iterable[int]) -> dict[int, dict[str, int]]:
    """
    Return what modules cost each month by currency, the first one first. A price that is retired for another one keeps its currency's
    place: a template's credit would be read in another currency from then on.
    """
    rows = Price.objects.filter(module__in=set(modules), kind=Price.Kind.MONTHLY, amount_minor__gt=0)
    found: dict[int, dict[str, int]] = {}
    for one in rows.order_by("created_at", "pk"):
        by_currency = found.setdefault(one.module_id, {})
        by_currency[one.currency] = by_currency.get(one.currency) or (0 if one.retired_at else one.amount_minor)
    return {module: {name: minor for name, minor in of.items() if minor} for module, of in found.items()}


def _credit(credit_minor: int, monthly: dict[str, int], currency: str) -> int:
    first = next(iter(monthly), currency)
    if currency == first or currency not in monthly:
        return credit_minor
    unit = 10 ** money.digits(currency)
    share = Decimal(credit_minor) * monthly[currency] / monthly[first] / unit
    return int(share.to_integral_value(ROUND_HALF_UP)) * unit


def from_template(one: TaskTemplate, number: str) -> Clause:
    """Return a template's promise as a clause."""
    return Clause(
        number=number,
        module=one.module.public_id,
        module_name=one.module.name,
        template=one.key,
        title=one.title,
        rrule=one.rrule,
        at=f"{one.at:%H:%M}",
        due_hours=one.due_hours,
        grace_hours=one.grace_hours,
        minutes=one.minutes,
        checklist=tuple(one.checklist),
        evidence=tuple(one.evidence),
        permissions=tuple(one.permissions),
        credit_minor=one.credit_minor,
        needs_merchant=one.needs_merchant,
        figures=tuple(one.figures),
        place=one.place,
        holidays=one.holidays,
    )


def new_line(line: OwnLine, *, unit_name: str = "") -> dict[str, Any]:
    """
    Return a line that is not in the catalogue as a price of its own.

    :raises QuoteRefused: no text, or nothing to pay
    """
    if line.amount_minor <= 0 or not line.what.strip():
        raise QuoteRefused(_("A line of its own says what it is for, and costs more than zero."), field="own_amount")
    return {
        "price": new_id(),
        "module": line.what.strip()[:80],
        "kind": line.kind,
        "amount_minor": line.amount_minor,
        "unit_name": unit_name,
        "intro_amount_minor": None,
        "intro_months": 0,
    }


def _note(action: str, found: Quote, summary: Phrase, *, by: Actor, now: datetime) -> None:
    audit.record(action=action, subject=("quote", found.public_id), summary=summary, by=by, now=now)
