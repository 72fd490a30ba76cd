"""The package that these tests sell."""

from typing import Any

import pytest

from billing.packages import catalogue
from billing.packages.catalogue import PackageDraft, PriceDraft
from billing.packages.models import Package
from saas.kernel import clock
from tests.factories.packages import MEI


@pytest.fixture
def package(riverside: Any) -> Package:
    """Social posts at 200.00 a month (100.00 in the first two), 5.00 for each extra post, and 300.00 once to set up."""
    now = clock.now()
    social = catalogue.add_module(name="Social", summary="", by=MEI, now=now).public_id
    setup = catalogue.add_module(name="Set-up", summary="", by=MEI, now=now).public_id
    drafts = [
        (social, PriceDraft("monthly", "usd", 20_000, intro_amount_minor=10_000, intro_months=2)),
        (social, PriceDraft("per_unit", "usd", 500, unit_name="post")),
        (setup, PriceDraft("one_off", "usd", 30_000)),
    ]
    prices = [catalogue.add_price(module=key, draft=draft, by=MEI, now=now).public_id for key, draft in drafts]
    draft = PackageDraft("Hosted", "For one shop", "usd", 3, 30, prices)
    return catalogue.add_package(draft=draft, by=MEI, now=now)
