"""Payouts that stop: the owner and Finance are written to, once for each turn. Stripe is the sandbox."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.gateway import accounts
from billing.gateway.accounts import AccountRequest
from billing.ledger import operations as ledger
from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg
from billing.payouts import mails, operations, tasks
from billing.payouts.models import OwnerLetter
from billing.payouts.operations import PayoutFacts
from ops_console.mandates import roles
from saas.kernel import clock
from saas.kernel.ids import public_id
from tenants.isolation.entrance import on_platform
from tests.ops_console.conftest import _staff

OWNER, FAY = "alma@riverside.example", "fay.test@hutong.example"


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def told(riverside: Any, stripe: Any, run_tasks: Any, now: datetime, mailoutbox: list[Any]) -> Any:
    """Return who lets Stripe's word on Riverside's account change and returns the letters that this sent: to whom, subject, text."""
    _staff(FAY, "Fay", roles.FINANCE)
    request = AccountRequest(riverside.schema_name, "Riverside Noodles", OWNER, "US", "usd")
    account = accounts.open_account(request, now=now)
    steps = iter(range(1, 100))

    def become(outcome: str) -> list[tuple[str, str, str]]:
        mailoutbox.clear()
        stripe.control(f"accounts/{account.account_id}/onboard", outcome=outcome)
        for _time in range(2):  # Stripe tells the same more than once
            with run_tasks():
                accounts.read_account(tenant_schema=riverside.schema_name, now=now + timedelta(seconds=next(steps)))
        return [(one.to[0], one.subject, str(one.body)) for one in mailoutbox]

    return become


def test_the_owner_and_finance_are_told_once_when_stripe_stops_paying(told: Any) -> None:
    assert told("incomplete") == []  # it was never ready: the page says how to go on, and the merchant is on it
    assert told("complete") == []
    letters = told("restricted")

    assert [(to, subject) for to, subject, _text in letters] == [
        (OWNER, "Payouts of Riverside Noodles have stopped"),
        (FAY, "Riverside Noodles: Stripe does not pay out"),
    ]
    owner, finance = (text for _to, _subject, text in letters)
    assert "Stripe holds your account back" in owner
    assert "- A photo of an identity document" in owner
    assert "riverside.localhost" in owner
    assert "/manage/money/payouts/" in owner
    assert "/ops/finance/payouts/malls/" in finance
    assert told("restricted") == []
    assert told("complete") == []


def test_what_stripe_wants_by_a_day_is_told_to_the_owner_alone_while_money_still_flows(told: Any) -> None:
    told("complete")
    ((to, subject, text),) = told("due")
    assert (to, subject) == (OWNER, "Stripe wants something, so that Riverside Noodles goes on being paid")
    assert "Until " in text


class Killed(BaseException):
    """The process ends here."""


def test_a_kill_between_the_owners_letter_and_finances_loses_neither_and_afterwards_nothing_is_written_twice(
    riverside: Any, told: Any, now: datetime, run_tasks: Any, mailoutbox: list[Any]
) -> None:
    assert len(told("complete") + told("restricted")) == 2
    place: dict[str, Any] = {"tenant_schema": riverside.schema_name, "what": "stopped", "key": "killed"}

    def cut_off() -> bool:
        mails.tell_owner(schema=riverside.schema_name, what="stopped")
        raise Killed

    mailoutbox.clear()
    with pytest.raises(Killed):
        mails.once(key="killed", write=cut_off, now=now)
    with pytest.raises(mails.LetterUnderWay):
        mails.once(key="killed", write=cut_off, now=now)
    assert [one.to[0] for one in mailoutbox] == [OWNER], "Finance's letter is the one that was lost"
    OwnerLetter.objects.filter(key="killed").update(claimed_at=now - mails.CLAIM)
    for _time in range(2):
        with run_tasks():
            tasks.tell.run(**place)
    assert [one.to[0] for one in mailoutbox] == [OWNER, OWNER, FAY]


@pytest.mark.parametrize("is_returned", [False, True])
def test_m15_what_the_bank_does_not_take_is_told_once_with_its_reason(
    riverside: Any, run_tasks: Any, now: datetime, mailoutbox: list[Any], is_returned: bool
) -> None:
    _staff(FAY, "Fay", roles.FINANCE)
    legs = [Leg("transfer_sent", Account.Kind.MERCHANT_STRIPE, Account.Kind.PAYOUTS_IN_TRANSIT, 2328)]
    sent = Entry(key="t", tenant_schema=riverside.schema_name, currency="usd", legs=legs, by="Test", happened_at=now)
    with on_platform():
        ledger.post(sent, journal_id=public_id(), now=now)
    for word in ("paid", "failed", "failed") if is_returned else ("failed", "failed"):
        detail = "The bank account has been closed." if word == "failed" else ""
        facts = PayoutFacts("po_1", 2328, "usd", word, detail, None, now)
        with run_tasks(), on_platform():
            operations.note_payout(schema=riverside.schema_name, facts=facts, now=now)

    subjects = {
        False: ("The bank did not take the payout of $23.28 for", "the bank did not take $23.28"),
        True: ("The bank sent $23.28 back, paid to", "the bank sent $23.28 back"),
    }
    owner, finance = subjects[is_returned]
    assert [(one.to[0], one.subject) for one in mailoutbox] == [
        (OWNER, f"{owner} Riverside Noodles"),
        (FAY, f"Riverside Noodles: {finance}"),
    ]
    assert all("The bank account has been closed." in str(one.body) for one in mailoutbox)
