"""Two orders' vouchers, some redeemed: what these tests settle."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from billing.gateway import accounts
from billing.gateway.accounts import AccountRequest
from billing.payouts import operations as payouts
from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside, on_platform
from tests.factories import shop
from tests.factories.buying import paid_order
from tests.factories.settling import redeem, tell


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def buyer(riverside: Any, stripe: Any, client_for: Any, run_tasks: Any, mailoutbox: list[Any]) -> Callable[[Any], Any]:
    """Return who buys two units of a deal on the pages."""
    return lambda deal: paid_order(client_for(riverside), deal, stripe, run_tasks)


@pytest.fixture
def sold(riverside: Any, bo: Any, stripe: Any, buyer: Callable[[Any], Any], now: datetime) -> list[Voucher]:
    """Return two orders' four vouchers at 24.00, two of the first order redeemed; the mall's account at Stripe is ready."""
    with on_platform():
        payouts.choose_schedule(schema=riverside.schema_name, schedule="daily", by=SYSTEM, now=now)
    account = accounts.open_account(
        AccountRequest(riverside.schema_name, "Riverside Noodles", "alma@riverside.example", "US", "usd"), now=now
    )
    stripe.control(f"accounts/{account.account_id}/onboard", outcome="complete")
    accounts.read_account(tenant_schema=riverside.schema_name, now=now)
    with inside(riverside):
        deal = shop.a_deal(now=now)
        orders = [buyer(deal) for _order in range(2)]
        found = list(Voucher.objects.filter(line__order__in=orders).order_by("pk"))
        for voucher in found[:2]:
            redeem(voucher, bo, clock.now())
    tell(riverside, now)
    return found
