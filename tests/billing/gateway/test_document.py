"""
Everything that the gateway says to Stripe, and everything that the sandbox answers, against Stripe's own OpenAPI document.

One test sends every operation over HTTP and reads along. A gateway that calls something new fails here until it is sent too.
"""

import ast
import inspect
import re
import types
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from billing.gateway import (
    accounts,
    balance,
    checkouts,
    client,
    disputes,
    inbox,
    invoices,
    packages,
    payouts,
    refunds,
    transfers,
)
from tests.billing import stripe_document
from tests.billing.gateway import acts
from tests.billing.gateway.overheard import Line, overhearing
from tests.stripe_sandbox import StripeSandbox

pytestmark = pytest.mark.django_db
SCHEMA = "m_0000000000000abc"
MODULES = (accounts, balance, checkouts, disputes, inbox, invoices, packages, payouts, refunds, transfers)
URL = "http://riverside.localhost:8000/"
# What the sandbox must have told after one sale, one dispute, one package.
TOLD = set(
    """
    account.updated capability.updated checkout.session.completed payment_intent.succeeded charge.succeeded charge.updated
    transfer.created transfer.reversed refund.created charge.refunded charge.dispute.created charge.dispute.updated
    charge.dispute.funds_withdrawn charge.dispute.funds_reinstated charge.dispute.closed balance.available payout.created
    payout.paid payout.failed customer.created customer.subscription.created customer.subscription.updated
    customer.subscription.deleted invoiceitem.created invoice.created invoice.finalized invoice.sent invoice.paid
    invoice.payment_succeeded credit_note.created product.created price.created
    """.split()
)
# What the gateway calls -> where that goes at Stripe. The source is searched for calls, and this list must name each.
OPERATIONS = {
    "account_links.create": "POST /v1/account_links",
    "accounts.create": "POST /v1/accounts",
    "accounts.list": "GET /v1/accounts",
    "accounts.retrieve": "GET /v1/accounts/{account}",
    "accounts.update": "POST /v1/accounts/{account}",
    "balance.retrieve": "GET /v1/balance",
    "balance_transactions.list": "GET /v1/balance_transactions",
    "billing.meter_events.create": "POST /v1/billing/meter_events",
    "billing.meters.create": "POST /v1/billing/meters",
    "billing.meters.list": "GET /v1/billing/meters",
    "billing_portal.sessions.create": "POST /v1/billing_portal/sessions",
    "charges.retrieve": "GET /v1/charges/{charge}",
    "checkout.sessions.create": "POST /v1/checkout/sessions",
    "checkout.sessions.expire": "POST /v1/checkout/sessions/{session}/expire",
    "checkout.sessions.list": "GET /v1/checkout/sessions",
    "checkout.sessions.retrieve": "GET /v1/checkout/sessions/{session}",
    "credit_notes.create": "POST /v1/credit_notes",
    "credit_notes.list": "GET /v1/credit_notes",
    "credit_notes.retrieve": "GET /v1/credit_notes/{id}",
    "customers.create": "POST /v1/customers",
    "customers.list": "GET /v1/customers",
    "customers.retrieve": "GET /v1/customers/{customer}",
    "disputes.close": "POST /v1/disputes/{dispute}/close",
    "disputes.list": "GET /v1/disputes",
    "disputes.retrieve": "GET /v1/disputes/{dispute}",
    "disputes.update": "POST /v1/disputes/{dispute}",
    "events.list": "GET /v1/events",
    "files.create": "POST /v1/files",
    "invoice_items.create": "POST /v1/invoiceitems",
    "invoice_items.delete": "DELETE /v1/invoiceitems/{invoiceitem}",
    "invoice_items.list": "GET /v1/invoiceitems",
    "invoice_items.retrieve": "GET /v1/invoiceitems/{invoiceitem}",
    "invoices.create": "POST /v1/invoices",
    "invoices.finalize_invoice": "POST /v1/invoices/{invoice}/finalize",
    "invoices.list": "GET /v1/invoices",
    "invoices.pay": "POST /v1/invoices/{invoice}/pay",
    "invoices.retrieve": "GET /v1/invoices/{invoice}",
    "invoices.void_invoice": "POST /v1/invoices/{invoice}/void",
    "payment_intents.retrieve": "GET /v1/payment_intents/{intent}",
    "payouts.list": "GET /v1/payouts",
    "payouts.retrieve": "GET /v1/payouts/{payout}",
    "prices.create": "POST /v1/prices",
    "prices.list": "GET /v1/prices",
    "prices.update": "POST /v1/prices/{price}",
    "products.create": "POST /v1/products",
    "products.retrieve": "GET /v1/products/{id}",
    "refunds.create": "POST /v1/refunds",
    "refunds.list": "GET /v1/refunds",
    "refunds.retrieve": "GET /v1/refunds/{refund}",
    "subscriptions.cancel": "DELETE /v1/subscriptions/{subscription_exposed_id}",
    "subscriptions.create": "POST /v1/subscriptions",
    "subscriptions.list": "GET /v1/subscriptions",
    "subscriptions.retrieve": "GET /v1/subscriptions/{subscription_exposed_id}",
    "subscriptions.update": "POST /v1/subscriptions/{subscription_exposed_id}",
    "transfers.create": "POST /v1/transfers",
    "transfers.list": "GET /v1/transfers",
    "transfers.retrieve": "GET /v1/transfers/{transfer}",
    "transfers.reversals.create": "POST /v1/transfers/{id}/reversals",
    "transfers.reversals.list": "GET /v1/transfers/{id}/reversals",
    "transfers.reversals.retrieve": "GET /v1/transfers/{transfer}/reversals/{id}",
}


def called_in_the_source() -> set[str]:
    """Return every call to Stripe that the gateway's source makes, such as `refunds.create`."""
    found = set()
    for path in Path(str(client.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (chain := _chain(node.func)):
                found.add(chain)
    return found


def _chain(node: ast.AST) -> str:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    is_api = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "api"
    return ".".join(names) if is_api and names else ""


@pytest.fixture
def line(stripe: StripeSandbox, settings: Any) -> Iterator[Line]:
    with overhearing(stripe.port) as heard:
        settings.STRIPE_API_BASE = heard.url
        client._client.cache_clear()
        yield heard


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def test_every_operation_and_every_answer_is_as_stripes_document_says(
    line: Line, stripe: StripeSandbox, now: datetime
) -> None:
    account_id = acts.a_merchant_connects(stripe, now)
    acts.a_sale_is_shared_refunded_and_disputed(stripe, account_id, now)
    acts.a_package_is_sold_and_billed(stripe, now)
    acts.what_is_made_is_asked_for_again(stripe, now)
    inbox.catch_up(now=now)
    acts.a_later_day_looks_things_up(stripe, account_id, now)

    doubts = [doubt for one in line.said for doubt in stripe_document.check_request(one.method, one.path, one.sent)]
    for one in line.said:
        if one.status == 200:
            doubts += stripe_document.check_answer(one.method, one.path, one.answer)
    assert not doubts, "\n".join(sorted(set(doubts)))

    assert called_in_the_source() == set(OPERATIONS)
    sent = {f"{one.method} {stripe_document.template_of(one.path)}" for one in line.said if one.status == 200}
    print(f"{len(line.said)} requests, {len(sent)} operations:", *sorted(sent), sep="\n  ")
    missing = {name for name, where in OPERATIONS.items() if _plain(where) not in {_plain(one) for one in sent}}
    assert missing == set()


def _plain(where: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", where)


def test_the_check_finds_what_the_document_does_not_know() -> None:
    """The negative control: a parameter too many, one too few, a wrong kind, an answer that lacks something."""
    check = stripe_document.check_request
    assert check("POST", "/v1/refunds", {"payment_intent": "pi_1", "amount": "5", "colour": "red"})
    assert check("POST", "/v1/transfers", {"currency": "usd"})
    assert check("POST", "/v1/refunds", {"amount": "a lot"})
    assert stripe_document.check_answer("GET", "/v1/refunds/re_1", {"id": "re_1", "object": "refund"})
    assert not check("POST", "/v1/refunds", {"payment_intent": "pi_1", "amount": "5"})


def test_every_event_of_the_sandbox_carries_an_object_as_the_document_says(
    stripe: StripeSandbox, now: datetime
) -> None:
    account_id = acts.a_merchant_connects(stripe, now)
    acts.a_sale_is_shared_refunded_and_disputed(stripe, account_id, now)
    acts.a_package_is_sold_and_billed(stripe, now)
    found = [client.plain(one) for one in client.every(stripe.client.v1.events.list({"limit": 100}))]
    acting = {"stripe_account": account_id}
    found += [client.plain(one) for one in client.every(stripe.client.v1.events.list({"limit": 100}, acting))]

    doubts = set()
    for event in found:
        thing = event["data"]["object"]
        doubts |= {f"{event['type']} {doubt}" for doubt in stripe_document.check_object(thing["object"], thing)}
    kinds = {event["type"] for event in found}
    assert not doubts, "\n".join(sorted(doubts))
    assert kinds >= TOLD


def test_every_public_function_of_the_gateway_is_sent_somewhere_above() -> None:
    """The list of operations is as good as the functions behind it: each is used here, by `acts.py`, or is a plain read of rows."""
    source = Path(acts.__file__).read_text(encoding="utf-8") + Path(__file__).read_text(encoding="utf-8")
    no_call = {
        "known_account",
        "state_of",
        "receive",
        "handle",
        "replay",
        "replay_many",
        "close",
        "credits_asked",
        "find_disputes",
        "read_subscription",
        "read_invoice",
        "may_be_made",
        "was_credit_asked",
        "was_item_asked",
    }
    unused = [
        f"{module.__name__}.{name}"
        for module in MODULES
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if isinstance(found, types.FunctionType)
        and found.__module__ == module.__name__
        and not name.startswith("_")
        and name not in no_call
        and f".{name}(" not in source
    ]
    assert unused == []
    assert django_settings.STRIPE_API_BASE
