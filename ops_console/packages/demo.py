"""The demo's catalogue: what the agency puts together from the trade's modules."""

import contextlib
from datetime import datetime

from billing.packages import catalogue
from billing.packages.catalogue import CatalogueRefused, PackageDraft
from billing.packages.models import Package, Price
from saas.kernel.actors import SYSTEM

# name, summary, modules
PACKAGES = (
    ("Mall looked after", "The mall is right every day; you do the rest.", ("Mall hosting",)),
    ("Mall and social media", "The mall is right and people hear of it.", ("Mall hosting", "Social maintenance")),
    (
        "Everything",
        "The agency runs the mall, its posts, its promotions and its guests.",
        ("Mall hosting", "Social maintenance", "Promotion", "Customer maintenance"),
    ),
)
CURRENCIES = ("usd", "eur")


def make(*, now: datetime) -> int:
    """Add the packages that are not there and whose prices somebody has not changed since; return how many. Repeatable."""
    known = set(Package.objects.values_list("name", flat=True))
    added = 0
    for draft in _drafts():
        if draft.name not in known:
            with contextlib.suppress(CatalogueRefused):
                catalogue.add_package(draft=draft, by=SYSTEM, now=now)
                added += 1
    return added


def _drafts() -> list[PackageDraft]:
    found = []
    for currency in CURRENCIES:
        for name, summary, modules in PACKAGES:
            prices = Price.objects.filter(module__name__in=modules, currency=currency, retired_at=None)
            title = name if currency == CURRENCIES[0] else f"{name}, {currency.upper()}"
            found.append(
                PackageDraft(title, summary, currency, 3, 30, list(prices.values_list("public_id", flat=True)))
            )
    return found
