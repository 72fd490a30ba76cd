"""The malls that rows of the platform's tables name by schema, for lists."""

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from ops_console.portfolio.queries import names_of
from saas.accounts.requests import SignedInRequest
from tenants.registry.models import Tenant

PER_PAGE = 50


class Named(Protocol):
    """A row that belongs to a mall, or to none."""

    @property
    def tenant_schema(self) -> str:
        """The mall's schema; empty for the platform."""


Row = TypeVar("Row", bound=Named)


def with_malls(rows: Iterable[Row]) -> list[tuple[Row, Tenant | None]]:
    """Pair rows with their malls; None where a mall is gone, or the row is the platform's."""
    found = list(rows)
    malls = names_of({row.tenant_schema for row in found if row.tenant_schema})
    return [(row, malls.get(row.tenant_schema)) for row in found]


def schemas_like(words: str) -> list[str]:
    """Return the schemas of the malls whose name or address has all of some words."""
    found = Tenant.objects.all()
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(slug__icontains=word))
    return list(found.values_list("schema_name", flat=True))


def schema_of(words: str) -> str:
    """Return the schema of the mall that some words name: its name, its address or its schema. Books outlive malls: else the words."""
    named = Q(schema_name=words) | Q(slug__iexact=words) | Q(name__iexact=words)
    found = Tenant.objects.filter(named).values_list("schema_name", flat=True)[:2]
    return found[0] if len(found) == 1 else words


def page_of_rows(
    request: SignedInRequest, rows: "QuerySet[Any] | list[Any]", *, per_page: int = PER_PAGE
) -> "Page[Any]":
    """Return the page of a list that the request asks for."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))
