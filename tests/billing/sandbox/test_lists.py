"""Pages, filters and `expand[]`."""

import pytest
import stripe

from tests.billing.sandbox.process import Sandbox


def test_a_list_is_newest_first_and_pages_through_everything_once(sandbox: Sandbox) -> None:
    made = [sandbox.client.v1.customers.create({"name": str(number)}).id for number in range(25)]
    first = sandbox.client.v1.customers.list()
    assert (len(first.data), first.has_more, first.url) == (10, True, "/v1/customers")
    walked = [customer.id for customer in sandbox.client.v1.customers.list({"limit": 7}).auto_paging_iter()]
    assert walked == made[::-1]


def test_a_list_walks_backwards_with_ending_before(sandbox: Sandbox) -> None:
    made = [sandbox.client.v1.customers.create({"name": str(number)}).id for number in range(5)]
    page = sandbox.client.v1.customers.list({"ending_before": made[0], "limit": 2})
    assert [customer.id for customer in page.data] == [made[2], made[1]]
    assert page.has_more


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_one_to_a_hundred(sandbox: Sandbox, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.customers.list({"limit": limit})


def test_a_page_after_an_unknown_id_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.client.v1.customers.list({"starting_after": "cus_none"})
    assert caught.value.code == "resource_missing"


def test_lists_are_filtered(sandbox: Sandbox) -> None:
    paid, still_open = sandbox.paid_session(), sandbox.new_session()
    sessions = sandbox.client.v1.checkout.sessions.list
    assert [found.id for found in sessions({"status": "open"}).data] == [still_open.id]
    assert [found.id for found in sessions({"payment_intent": paid.payment_intent}).data] == [paid.id]
    charge = sandbox.charge_of(paid)
    moved = sandbox.client.v1.balance_transactions.list({"source": charge.id})
    assert [found.type for found in moved.data] == ["charge"]
    assert sandbox.client.v1.balance_transactions.list({"currency": "eur"}).data == []


def test_events_are_listed_by_kind_and_by_time(sandbox: Sandbox) -> None:
    sandbox.paid_session()
    events = sandbox.client.v1.events.list
    every = events({"limit": 100}).data
    assert [event.type for event in events({"types": ["charge.succeeded", "charge.updated"]}).data] == [
        "charge.updated",
        "charge.succeeded",
    ]
    assert [event.type for event in events({"type": "checkout.session.*"}).data] == ["checkout.session.completed"]
    assert len(events({"created": {"gte": every[-1].created}}).data) == len(every)
    assert events({"created": {"gt": every[0].created}}).data == []
    one = sandbox.client.v1.events.retrieve(every[0].id)
    assert one.data.object.to_dict() == every[0].data.object.to_dict()


def test_expand_goes_into_lists_and_four_deep(sandbox: Sandbox) -> None:
    sandbox.paid_session()
    page = sandbox.client.v1.checkout.sessions.list(
        {"expand": ["data.payment_intent.latest_charge.balance_transaction", "data.line_items.data.price.product"]}
    )
    session = page.data[0]
    assert session.payment_intent.latest_charge.balance_transaction.fee == 175
    assert session.line_items.data[0].price.product.name == "Noodle lunch for two"


def test_expand_refuses_what_is_no_link(sandbox: Sandbox) -> None:
    session = sandbox.new_session()
    for path in ("amount_total", "nothing", "payment_intent.a.b.c.d"):
        with pytest.raises(stripe.InvalidRequestError):
            sandbox.client.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})


def test_expand_leaves_an_empty_link_empty(sandbox: Sandbox) -> None:
    session = sandbox.new_session(expand=["payment_intent", "customer"])
    assert (session.payment_intent, session.customer) == (None, None)


def test_the_source_of_a_movement_can_be_expanded(sandbox: Sandbox) -> None:
    sandbox.paid_session()
    moved = sandbox.client.v1.balance_transactions.list({"expand": ["data.source"]}).data[0]
    assert (moved.source.object, moved.source.amount) == ("charge", 5000)


def test_what_the_sandbox_notes_for_itself_is_never_shown(sandbox: Sandbox) -> None:
    session = sandbox.paid_session(expand=["line_items"])
    charge = sandbox.charge_of(session)
    events = sandbox.client.v1.events.list({"limit": 100})
    for shown in (session, charge, *events.data):
        assert '"_"' not in str(shown)
