"""Sixty-four people claim the one use of a code at once, over real connections (bug 6 of the trade: nine rows for a limit of one)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from saas.kernel.actors import GUEST
from saas.kernel.errors import Busy
from storefront.checkout import operations
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.promotions import claiming, refusals
from storefront.promotions.models import PromotionUse
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories import shop
from tests.factories.promotions import a_promotion
from tests.factories.races import Pause, together

CLAIMS = 64


@pytest.fixture
def schema(committed: None, settings: Any) -> Iterator[str]:
    """Enter Riverside Noodles in a database in which commits are real."""
    settings.OUTBOX_SUBSCRIBERS = {}
    tenant = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        yield tenant.schema_name


def buying(deal: Deal, now: datetime, person: int) -> Callable[[], Order]:
    """Return one person's act of ordering with the code, each a deal of its own so that only the code is raced for."""
    purchase = shop.a_purchase(deal, promotion_code="SPRING20", email=f"buyer{person}@example.com")
    return lambda: operations.reserve(purchase=purchase, by=GUEST, now=now)


def test_of_64_claims_at_once_one_wins_c4_c5(schema: str, now: datetime) -> None:
    a_promotion(now=now, uses_total=1)
    deals = [shop.a_deal(now=now) for _deal in range(8)]
    results = together([buying(deals[person % 8], now, person) for person in range(CLAIMS)], schema=schema)
    won = [one for one in results if isinstance(one, Order)]
    lost = [one for one in results if isinstance(one, refusals.UsedUp | Busy)]
    assert (len(won), len(won) + len(lost)) == (1, CLAIMS), results
    assert any(isinstance(one, refusals.UsedUp) for one in lost)
    assert PromotionUse.objects.count() == 1
    assert Order.objects.count() == 1


def test_without_the_lock_the_one_use_is_claimed_more_than_once(
    schema: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the race is real."""
    monkeypatch.setattr(claiming, "locked_one", Pause(4).locked_one)
    a_promotion(now=now, uses_total=1)
    deals = [shop.a_deal(now=now) for _deal in range(4)]
    together([buying(deal, now, person) for person, deal in enumerate(deals)], schema=schema)
    assert PromotionUse.objects.count() > 1
