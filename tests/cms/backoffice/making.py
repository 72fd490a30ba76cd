"""Forms to test the back office with."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from storefront.checkout import settling
from storefront.deals.models import Deal
from storefront.orders.models import Order
from tests.factories import shop


def management(prefix: str, rows: int) -> dict[str, str]:
    """Return the hidden fields of a set of rows."""
    return {f"{prefix}-TOTAL_FORMS": str(rows), f"{prefix}-INITIAL_FORMS": "0"}


def deal_form(**fields: Any) -> dict[str, Any]:
    """Return a deal's form without fault, filled in as a merchant would."""
    return {
        "title": "Noodles for two",
        "price": "24.00",
        "was_price": "",
        "units_total": "40",
        "sale_starts_at": "2026-11-20T09:00",
        "validity": "days",
        "valid_days": "90",
        "refund_policy": "any_time",
        **management("contents", 1),
        **management("rules", 1),
        **fields,
    }


def store_form(**fields: Any) -> dict[str, Any]:
    """Return a store's form without fault."""
    return {"name": "Mill Lane", "street": "4 Mill Lane", "city": "Riverside", "is_serving": "on", **fields}


def a_paid_order(deal: Deal, *, now: datetime, **fields: Any) -> Order:
    """Return an order that was paid, its vouchers issued."""
    payment = shop.a_payment(shop.an_order(deal, now=now, **fields), now=now)
    return settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)


def text_of(answer: Any) -> str:
    """Return the page's source."""
    return str(answer.content.decode())


def get(client: Client, path: str) -> Any:
    """Ask for a page and be sure that it is there."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer


def errors_of(answer: Any) -> str:
    """Return the page's summary of what is wrong."""
    return text_of(answer).partition('<div class="bo-errors"')[2].partition("</div>")[0]


def queries_of(client: Client, path: str) -> int:
    """Return how many statements a page costs; the switch of the search path is none of its own."""
    get(client, path)
    with CaptureQueriesContext(connection) as captured:
        get(client, path)
    return sum(not query["sql"].startswith("SET ") for query in captured.captured_queries)
