"""The storm of T4 over eight connections, sized for CI; the long run is `./hutong bench storm --reads 1000000`."""

from collections.abc import Callable

from tenants.registry.models import Tenant
from tests import database
from tests.isolation.gale import rage
from tests.isolation.zoo.conftest import _keeper, _stock, stock_leaks  # noqa: F401  fixtures


def test_eight_connections_read_no_other_mall_while_statements_are_cancelled_and_sessions_ended_c1_t4(
    stock_leaks: Callable[[str], str],  # noqa: F811  the fixture
    committed: None,
) -> None:
    stock_leaks("C1")
    malls = list(Tenant.objects.filter(slug__in=["riverside", "hillside"]))
    gale = rage(malls, storm_url=database.superuser_url(), reads=8_000, blows_wanted=50)
    assert gale.wrong == 0
    assert gale.right >= 8_000
    assert gale.cancelled >= 50, gale
    assert gale.ended >= 1, gale
