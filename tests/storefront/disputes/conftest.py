"""A sale of two vouchers, and the bank that takes its payment back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.kernel import clock
from storefront.deals.models import Deal
from storefront.orders.models import Order
from tests.factories import shop
from tests.factories.buying import paid_order
from tests.storefront.disputes.bank import Bank
from tests.stripe_sandbox import StripeSandbox


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def deal(mall: Any, now: datetime) -> Deal:
    return shop.a_deal(now=now - timedelta(minutes=5), units_total=10)


@pytest.fixture
def sold(deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, mailoutbox: Any) -> Order:
    """Two vouchers, paid at the sandbox; the platform has heard of it."""
    return paid_order(client_for(riverside), deal, stripe, run_tasks)


@pytest.fixture
def counter(client_for: Any, riverside: Any, bo: Any) -> Any:
    """Return Bo's browser."""
    return client_for(riverside, bo)


@pytest.fixture
def bank(sold: Order, stripe: StripeSandbox, client_for: Any, run_tasks: Any) -> Any:
    """The bank: opens and closes the dispute at the sandbox, whose events are delivered to us."""
    return Bank(sold, stripe, client_for(None), run_tasks)
