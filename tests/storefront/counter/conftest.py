"""What the counter's tests stand on."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import time_machine

from storefront.counter import guard
from storefront.stores.models import Store
from storefront.vouchers.models import Voucher
from tests.storefront.vouchers.making import make_store, make_voucher


@pytest.fixture(autouse=True)
def nothing_tried() -> None:
    """Start with empty counts: they live in Valkey, which no transaction rolls back."""
    guard._counter().storage.reset()


@pytest.fixture(autouse=True)
def at_now(now: datetime) -> Any:
    """Let the clock of views stand still at `now`; `at_now.move_to(…)` moves it."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def store(mall: Any) -> Store:
    """Mill Lane, where Bo stands; other stores of the starter kit do not serve."""
    Store.objects.update(is_serving=False)
    return make_store()


@pytest.fixture
def voucher(store: Store, now: datetime) -> Voucher:
    """A voucher that Mill Lane redeems."""
    return make_voucher(store, now=now)


@pytest.fixture
def counter(mall: Any, bo: Any, client_for: Callable[..., Any]) -> Any:
    """Bo's phone, signed in."""
    return client_for(mall, bo)
