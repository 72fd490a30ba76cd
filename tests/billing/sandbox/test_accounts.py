"""Connected accounts, their onboarding page, customers, and acting for an account."""

import pytest
import requests
import stripe

from tests.billing.sandbox.process import Sandbox, eventually, order

LINK = {
    "type": "account_onboarding",
    "refresh_url": "http://localhost:8000/manage/money/again",
    "return_url": "http://localhost:8000/manage/money",
}


def new_account(sandbox: Sandbox) -> stripe.Account:
    return sandbox.client.v1.accounts.create(
        {
            "country": "US",
            "email": "alma@example.com",
            "business_profile": {"name": "Riverside Noodles"},
            "capabilities": {"transfers": {"requested": True}},
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "metadata": {"mall": "riverside"},
        }
    )


def test_a_new_account_still_has_things_to_do(sandbox: Sandbox) -> None:
    account = new_account(sandbox)
    assert account.id.startswith("acct_")
    assert (account.details_submitted, account.payouts_enabled) == (False, False)
    assert account.capabilities.transfers == "inactive"
    assert "external_account" in account.requirements.currently_due
    assert account.controller.fees.payer == "application"


@pytest.mark.parametrize(("outcome", "ready"), [("complete", True), ("incomplete", False)])
def test_onboarding_on_its_page_makes_an_account_ready_or_says_what_is_left(
    sandbox: Sandbox, outcome: str, ready: bool
) -> None:
    account = new_account(sandbox)
    link = sandbox.client.v1.account_links.create({"account": account.id, **LINK})
    assert "Riverside Noodles" in requests.get(link.url, timeout=15).text
    back = sandbox.press(link.url, outcome=outcome)
    assert back.headers["Location"] == LINK["return_url"]
    done = sandbox.client.v1.accounts.retrieve(account.id)
    assert (done.details_submitted, done.payouts_enabled) == (True, ready)
    assert done.capabilities.transfers == ("active" if ready else "inactive")
    assert done.requirements.currently_due == ([] if ready else ["external_account"])
    eventually(lambda: "account.updated" in sandbox.receiver.types())
    assert {event.account for event in sandbox.receiver.events} == {account.id}, "they go to the Connect endpoint"
    assert sandbox.receiver.refused == []


def test_a_link_is_good_once_and_for_five_minutes(sandbox: Sandbox) -> None:
    account = new_account(sandbox)
    used = sandbox.client.v1.account_links.create({"account": account.id, **LINK})
    sandbox.press(used.url, outcome="complete")
    old = sandbox.client.v1.account_links.create({"account": account.id, **LINK})
    sandbox.advance(301)
    for link in (used, old):
        answer = requests.get(link.url, allow_redirects=False, timeout=15)
        assert answer.headers["Location"] == LINK["refresh_url"]


def test_acting_for_an_account_sees_only_what_is_its_own(sandbox: Sandbox) -> None:
    account = new_account(sandbox)
    ours = sandbox.new_session()
    theirs = sandbox.client.v1.checkout.sessions.create(order(), {"stripe_account": account.id})
    assert [found.id for found in sandbox.client.v1.checkout.sessions.list().data] == [ours.id]
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.checkout.sessions.retrieve(theirs.id)
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.checkout.sessions.retrieve(ours.id, options={"stripe_account": account.id})
    sandbox.press(theirs.url, test_card="4242424242424242")
    paid = sandbox.client.v1.checkout.sessions.retrieve(theirs.id, options={"stripe_account": account.id})
    assert paid.payment_status == "paid"
    eventually(lambda: "checkout.session.completed" in sandbox.receiver.types())
    assert {event.account for event in sandbox.receiver.events} == {account.id}


def test_acting_for_a_stranger_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.PermissionError) as caught:
        sandbox.client.v1.balance.retrieve(options={"stripe_account": "acct_stranger"})
    assert caught.value.error.code == "account_invalid"


def test_an_account_can_be_changed_listed_and_deleted(sandbox: Sandbox) -> None:
    account = new_account(sandbox)
    changed = sandbox.client.v1.accounts.update(account.id, {"metadata": {"mall": ""}, "email": "bo@example.com"})
    assert (changed.email, changed.metadata.to_dict()) == ("bo@example.com", {})
    assert [found.id for found in sandbox.client.v1.accounts.list().data] == [account.id]
    assert sandbox.client.v1.accounts.delete(account.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.accounts.retrieve(account.id)


def test_a_customer_can_be_made_changed_found_and_deleted(sandbox: Sandbox) -> None:
    customers = sandbox.client.v1.customers
    cleo = customers.create({"email": "cleo@example.com", "name": "Cleo", "address": {"city": "Hillside"}})
    assert cleo.address.city == "Hillside"
    assert customers.update(cleo.id, {"name": "Cleo Hill"}).name == "Cleo Hill"
    assert [found.id for found in customers.list({"email": "cleo@example.com"}).data] == [cleo.id]
    assert customers.delete(cleo.id).deleted
    assert customers.retrieve(cleo.id).deleted
    assert customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.new_session(customer=cleo.id)
