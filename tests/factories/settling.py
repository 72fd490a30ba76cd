"""A mall's vouchers that wait for a settlement, and the steps of one, for tests."""

from datetime import datetime, timedelta
from typing import Any

from billing.ledger import queries
from billing.settlements import earnings, operations
from billing.settlements.models import SettlementRun
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import on_platform
from tenants.relay import operations as relay
from tests.factories.money import BO, FINANCE

HOLD = timedelta(days=8)
NET = 2328  # 24.00 less 3 %


def redeem(voucher: Voucher, staff: Any, now: datetime) -> Any:
    return vouchers.redeem(
        voucher_public_id=voucher.public_id,
        store_id=voucher.deal.stores.get().pk,
        request_key=f"k-{voucher.public_id}",
        by=BO,
        staff=staff,
        now=now,
    )


def tell(tenant: Any, now: datetime) -> None:
    relay.relay(schema=tenant.schema_name, now=now)


def proposed(tenant: Any, at: datetime) -> SettlementRun:
    """Return a day's proposal, everything that is due released before."""
    with on_platform():
        while earnings.release(schema=tenant.schema_name, now=at - timedelta(seconds=1)):
            continue
        run = operations.propose(day=at.date(), now=at)
    assert run is not None
    return run


def approved(run: SettlementRun, now: datetime) -> SettlementRun:
    with on_platform():
        seen_minor = sum(one.total_minor for one in run.settlements.all())
        return operations.approve(run_public_id=run.public_id, seen_minor=seen_minor, by=FINANCE, now=now)


def balances(tenant: Any) -> queries.MallBalances:
    with on_platform():
        return queries.mall_balances(tenant.schema_name, currency="usd")
