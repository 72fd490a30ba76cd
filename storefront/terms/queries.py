"""Which commission applies."""

from datetime import datetime
from typing import Any, Protocol

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext, override

from saas.kernel.errors import DomainError
from tenants.isolation import current

from .models import CommissionTerm

Scope = CommissionTerm.Scope
# The most specific first (M4).
ORDER = (Scope.DEAL, Scope.CATEGORY, Scope.DEAL_KIND, Scope.MALL)


class NoTerms(DomainError):
    """No commission rule covers this deal now. Nothing can be sold without one."""

    code = "no_terms"


class Sold(Protocol):
    """What terms need to know of a deal."""

    public_id: str
    kind: str
    category: Any


def winning_term(*, deal: Sold, at: datetime) -> CommissionTerm:
    """
    Return the rule that applies to a deal at `at`: the most specific scope, and in it the rule that started last.

    :raises NoTerms: no rule covers the deal
    """
    running = Q(starts_at__lte=at) & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))
    rank = Case(
        *(When(scope=scope, then=Value(place)) for place, scope in enumerate(ORDER)), output_field=IntegerField()
    )
    found = (
        CommissionTerm.objects.filter(running, _covers(deal)).annotate(rank=rank).order_by("rank", "-starts_at").first()
    )
    if found is None:
        raise NoTerms(deal=deal.public_id)
    return found


def _covers(deal: Sold) -> Q:
    covers = (
        Q(scope=Scope.DEAL, scope_id=deal.public_id)
        | Q(scope=Scope.DEAL_KIND, scope_id=deal.kind)
        | Q(scope=Scope.MALL)
    )
    if deal.category is not None:
        covers |= Q(scope=Scope.CATEGORY, scope_id=deal.category.slug)
    return covers


def explanation(term: CommissionTerm) -> str:
    """
    Say which rule won and why, to be frozen on the order line: "Introductory: The whole mall, 3 %" (M4), "…, 3 % plus 6 % tax on it" (M5).

    In the mall's language, because the merchant reads it; who happened to buy does not decide.
    """
    with override(current.mall().language):
        return in_words(term)


def in_words(term: CommissionTerm) -> str:
    """Say the same in the active language."""
    where = term.get_scope_display() if term.scope == Scope.MALL else f"{term.get_scope_display()} {term.scope_id}"
    tax = gettext(" plus %(rate)s %% tax on it") % {"rate": f"{term.tax_rate_bp / 100:g}"}
    agency = gettext(" and %(rate)s %% for the agency") % {"rate": f"{term.agency_rate_bp / 100:g}"}
    rates = f"{term.rate_bp / 100:g} %{tax if term.tax_rate_bp else ''}{agency if term.agency_rate_bp else ''}"
    return f"{term.name[:40]}: {where[:40]}, {rates}"[:120]
