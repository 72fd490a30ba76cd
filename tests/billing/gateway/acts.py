"""What a platform, its merchants and shoppers do at Stripe, by every function of the gateway; `test_document.py` reads along."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.gateway import (
    accounts,
    balance,
    checkouts,
    client,
    disputes,
    invoices,
    packages,
    payouts,
    refunds,
    transfers,
)
from billing.gateway.checkouts import CheckoutLine, CheckoutRequest
from tests.stripe_sandbox import StripeSandbox

SCHEMA = "m_0000000000000abc"
URL = "http://riverside.localhost:8000/"


def answer_is_lost(stripe: StripeSandbox) -> None:
    """Let Stripe do the next thing and not answer; the tries after it meet nobody."""
    client._breaker.cache_clear()  # one is lost now and then, not five in a row
    stripe.fault("commit_then_500", times=1)
    stripe.fault("unavailable", times=client.RETRIES, method="POST")


def a_merchant_connects(stripe: StripeSandbox, now: datetime) -> str:
    request = accounts.AccountRequest(SCHEMA, "Riverside Noodles", "alma@riverside.example", "US", "usd")
    account = accounts.open_account(request, now=now)
    accounts.onboarding_link(tenant_schema=SCHEMA, return_url=URL, refresh_url=URL)
    stripe.control(f"accounts/{account.account_id}/onboard", outcome="complete")
    for schedule in ("weekly", "monthly", "daily"):
        accounts.choose_schedule(tenant_schema=SCHEMA, schedule=accounts.PayoutSchedule(schedule), now=now)
    assert accounts.read_account(tenant_schema=SCHEMA, now=now).can_receive
    return account.account_id


def a_payment(stripe: StripeSandbox, reference: str, now: datetime, amount_minor: int = 5000) -> balance.ChargeState:
    """Return the charge of an order that was paid."""
    request = CheckoutRequest(
        reference=reference,
        tenant_schema=SCHEMA,
        order_public_id=f"o-{reference}"[:26],
        currency="usd",
        lines=[CheckoutLine("Noodle lunch for two", 1, amount_minor)],
        email="mei@example.com",
        success_url=URL,
        cancel_url=URL,
        expires_at=now + timedelta(minutes=40),
    )
    page = checkouts.open_checkout(request, now=now)
    stripe.pay(page.session_id)
    stripe.control("clock", advance=3)
    state = checkouts.read_checkout(session_id=page.session_id)
    charge = balance.charge_of_payment(state.payment_intent_id)
    assert charge.fee_minor == 175
    return balance.read_charge(charge.charge_id)


def share(charge: balance.ChargeState, account_id: str, key: str, amount_minor: int) -> transfers.TransferRequest:
    return transfers.TransferRequest(
        key, SCHEMA, account_id, charge.charge_id, charge.transfer_group, amount_minor, "usd"
    )


def a_sale_is_shared_refunded_and_disputed(stripe: StripeSandbox, account_id: str, now: datetime) -> None:
    charge = a_payment(stripe, "sale-1", now)
    sent = transfers.send(share(charge, account_id, "line-1", 4000), now=now)
    taken = transfers.reverse(
        key="line-1", tenant_schema=SCHEMA, transfer_id=sent.transfer_id, amount_minor=1000, now=now
    )
    assert (taken.amount_minor, transfers.read_transfer(sent.transfer_id).reversed_minor) == (1000, 1000)
    refunds.refund(refunds.RefundRequest("v-1", SCHEMA, charge.payment_intent_id, 1000, "unused"), now=now)

    disputed = [a_payment(stripe, f"sale-{number}", now) for number in (2, 3)]
    opened = [stripe.control(f"charges/{one.charge_id}/dispute")["id"] for one in disputed]
    evidence = disputes.Evidence(product_description="A voucher", access_activity_log="Redeemed at Riverside by Bo")
    paper = disputes.upload_evidence(dispute_id=opened[0], content=b"%PDF-1.7 A voucher")
    assert disputes.upload_evidence(dispute_id=opened[0], content=b"%PDF-1.7 A voucher") == paper
    evidence.more["uncategorized_file"] = paper
    disputes.submit_evidence(key=f"{opened[0]}:1", dispute_id=opened[0], evidence=evidence)
    stripe.control(f"disputes/{opened[0]}/close", outcome="won")
    assert disputes.accept(opened[1]).status == "lost"
    assert disputes.read_dispute(opened[0]).reinstated_minor == disputes.read_dispute(opened[0]).withdrawn_minor > 0

    stripe.control("clock", advance=5 * 24 * 3600)
    payout = payouts.payouts_since(account_id=account_id, since=now - timedelta(days=1))[0]
    stripe.control(f"payouts/{payout.payout_id}/settle", outcome="paid")
    assert payouts.read_payout(account_id=account_id, payout_id=payout.payout_id).amount_minor == 3000
    lines = balance.movements(since=now - timedelta(days=9), account_id=account_id, payout_id=payout.payout_id)
    assert sum(one.net_minor for one in lines if one.kind != "payout") == 3000
    stripe.control(f"payouts/{payout.payout_id}/settle", outcome="failed")
    since = now - timedelta(days=1)
    found = (transfers.transfers_since(since), refunds.refunds_since(since), disputes.disputes_since(since))
    assert [len(one) for one in found] == [1, 1, 2]
    assert refunds.read_refund(found[1][0].refund_id).is_back
    held = sum(one.available_minor + one.pending_minor for one in balance.read_balance())
    assert held == sum(one.net_minor for one in balance.movements(since=now - timedelta(days=1)))


def sandbox_time(stripe: StripeSandbox) -> datetime:
    return datetime.fromtimestamp(int(stripe.state()["now"]), UTC)


def a_package_is_sold_and_billed(stripe: StripeSandbox, now: datetime) -> None:
    today = sandbox_time(stripe)
    customer = packages.customer(tenant_schema=SCHEMA, name="Riverside", email="alma@riverside.example", now=now)
    meter = packages.meter(event_name="messages", display_name="Messages")
    monthly = packages.price(packages.PriceRequest("care-2026", "care", "Care", 2900, "usd"))
    each = packages.price(packages.PriceRequest("sms-2026", "sms", "Message", 5, "usd", meter_id=meter))
    items = (packages.Item(monthly), packages.Item(each, None))
    for number in (1, 2):
        request = packages.SubscriptionRequest(f"contract-1:{number}", SCHEMA, customer, items)
        page = packages.subscribe_page(
            request, success_url=URL, cancel_url=URL, now=now, expires_at=today + timedelta(hours=1)
        )
    assert packages.close_other_pages(customer_id=customer, stem="contract-1", keep="contract-1:2") is None
    stripe.pay(page.session_id)
    begun = packages.subscription_of_page(page.session_id)
    assert begun is not None
    assert begun.status == "active"
    assert packages.subscriptions_of(customer)[0].subscription_id == begun.subscription_id
    packages.tell_usage(
        event_name="messages", customer_id=customer, units=7, identifier="use-1", at=sandbox_time(stripe)
    )
    stripe.control("clock", advance=32 * 24 * 3600)
    bill = invoices.invoices_of(customer)[0]
    assert (bill.status, bill.total_minor) == ("paid", 2900 + 7 * 5)
    note = invoices.CreditRequest("credit-1", SCHEMA, bill.invoice_id, 500, "We were late", to_card=True)
    invoices.credit(note, now=now)
    invoices.add_item(invoices.ItemRequest("one-off-1", SCHEMA, customer, 9900, "usd", "Photo session"), now=now)
    sent = invoices.invoice_items(
        key="one-off-1", tenant_schema=SCHEMA, customer_id=customer, currency="usd", days_until_due=14, now=now
    )
    assert (sent.status, sent.remaining_minor) == ("open", 9900)
    assert invoices.collect(sent.invoice_id).status == "paid"
    packages.portal_url(customer_id=customer, return_url=URL)
    packages.change_items(subscription_id=begun.subscription_id, items=(packages.Item(monthly, 2),), key="change-1")
    packages.end_subscription(subscription_id=begun.subscription_id)
    packages.keep_subscription(begun.subscription_id)
    assert packages.end_subscription(subscription_id=begun.subscription_id, at_period_end=False).status == "canceled"
    packages.retire_price(each)
    yearly = packages.price(packages.PriceRequest("care-year", "care", "Care", 29000, "usd", "year"))
    by_invoice = packages.SubscriptionRequest("contract-2", SCHEMA, customer, (packages.Item(yearly),), 14, 30)
    assert packages.subscribe(by_invoice, now=now).status == "trialing"


def what_is_made_is_asked_for_again(stripe: StripeSandbox, now: datetime) -> None:
    """A key that is known is read and not made again."""
    customer = packages.customer(tenant_schema=SCHEMA, name="Riverside", email="alma@riverside.example", now=now)
    client.asked(lambda: client.api().customers.retrieve(customer))
    for number, days in ((1, 14), (2, 14)):
        invoices.add_item(invoices.ItemRequest(f"again-{number}", SCHEMA, customer, 1000, "usd", "Poster"), now=now)
        made = [
            invoices.invoice_items(
                key=f"again-{number}",
                tenant_schema=SCHEMA,
                customer_id=customer,
                currency="usd",
                days_until_due=days,
                now=now,
            )
            for _time in range(2)
        ]
        assert made[0].invoice_id == made[1].invoice_id
        assert made[0].total_minor == 1000
        if number == 1:
            assert invoices.paid_by_netting(made[0].invoice_id).status == "paid"
        else:
            note = invoices.CreditRequest("again", SCHEMA, made[0].invoice_id, 400, "Half")
            assert invoices.credit(note, now=now) == invoices.credit(note, now=now)
            assert invoices.invoice_file(made[0].invoice_id) != invoices.credit_file("again") != ""
            assert invoices.void_invoice(made[0].invoice_id).status == "void"
    invoices.add_item(invoices.ItemRequest("again-1", SCHEMA, customer, 1000, "usd", "Poster"), now=now)
    taken_off = invoices.ItemRequest("wrong", SCHEMA, customer, -700, "usd", "Credit on a wrong one")
    invoices.add_item(taken_off, now=now)
    waiting = invoices.pending(customer_id=customer, currency="usd")
    assert [one.amount_minor for one in waiting] == [-700]
    assert [invoices.take_off(waiting[0].item_id) for _time in range(2)] == [True, True]
    request = checkout_request("closed", now)
    checkouts.expire_checkout(session_id=checkouts.open_checkout(request, now=now).session_id)


def checkout_request(reference: str, now: datetime) -> CheckoutRequest:
    lines = [CheckoutLine("Noodle lunch", 1, 1000)]
    ends = now + timedelta(minutes=40)
    return CheckoutRequest(reference, SCHEMA, f"order-{reference}", "usd", lines, "", URL, URL, ends)


def a_later_day_looks_things_up(stripe: StripeSandbox, account_id: str, now: datetime) -> None:
    """For each thing that is made: the answer is lost, Stripe forgets the key, and a day later it is found and not made again."""
    charge = a_payment(stripe, "sale-9", now)
    customer = packages.customer(tenant_schema=SCHEMA, name="Riverside", email="alma@riverside.example", now=now)
    monthly = packages.price(packages.PriceRequest("care-2026", "care", "Care", 2900, "usd"))
    kept = transfers.send(share(charge, account_id, "line-8", 1000), now=now)
    items = (packages.Item(monthly),)
    invoice = invoices.invoices_of(customer)[0].invoice_id
    paid = next(one for one in invoices.invoices_of(customer) if one.status == "paid" and one.total_minor > 1000)
    assert invoice
    other = "m_0000000000000def"

    def cases(at: datetime) -> list[Any]:
        new_account = accounts.AccountRequest(other, "Hillside", "cleo@hillside.example", "US", "usd")
        refund = refunds.RefundRequest("v-9", SCHEMA, charge.payment_intent_id, 700, "unused")
        sub = packages.SubscriptionRequest("contract-9", SCHEMA, customer, items, days_until_due=14)
        session = packages.SubscriptionRequest("contract-8", SCHEMA, customer, items)
        note = invoices.CreditRequest("credit-9", SCHEMA, paid.invoice_id, 100, "Sorry")
        item = invoices.ItemRequest("item-9", SCHEMA, customer, 300, "usd", "Poster")
        back = {"tenant_schema": SCHEMA, "transfer_id": kept.transfer_id, "amount_minor": 100}
        page = {"success_url": URL, "cancel_url": URL, "expires_at": now + timedelta(minutes=40)}
        bill = {"tenant_schema": SCHEMA, "customer_id": customer, "currency": "usd", "days_until_due": 14}
        return [
            lambda: accounts.open_account(new_account, now=at).account_id,
            lambda: packages.customer(tenant_schema=other, name="Hillside", email="cleo@hillside.example", now=at),
            lambda: transfers.send(share(charge, account_id, "line-9", 2000), now=at).transfer_id,
            lambda: transfers.reverse(key="line-8", now=at, **back).reversal_id,
            lambda: refunds.refund(refund, now=at).refund_id,
            lambda: packages.subscribe(sub, now=at).subscription_id,
            lambda: packages.subscribe_page(session, now=at, **page).session_id,
            lambda: invoices.add_item(item, now=at),
            lambda: invoices.invoice_items(key="bill-9", now=at, **bill).invoice_id,
            lambda: invoices.credit(note, now=at),
        ]

    for ask in cases(now):
        answer_is_lost(stripe)
        with pytest.raises(client.GatewayUnavailable):
            ask()
        stripe.control("faults/clear")
    stripe.control("clock", advance=25 * 3600)
    later = now + timedelta(hours=25)
    before = stripe_things(stripe)
    first = [ask() for ask in cases(later)]
    assert stripe_things(stripe) == before
    again = [ask() for ask in cases(later)]
    assert first == again
    assert len(set(first)) == len(first)


def stripe_things(stripe: StripeSandbox) -> dict[str, int]:
    """Return how many of each thing there are at Stripe."""
    api = stripe.client.v1
    lists = {
        "accounts": api.accounts,
        "customers": api.customers,
        "transfers": api.transfers,
        "refunds": api.refunds,
        "subscriptions": api.subscriptions,
        "sessions": api.checkout.sessions,
        "items": api.invoice_items,
        "invoices": api.invoices,
        "notes": api.credit_notes,
    }
    return {name: len(client.every(found.list({"limit": 100}))) for name, found in lists.items()}
