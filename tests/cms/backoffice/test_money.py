"""Money in the back office equals the books; orders show how each line is split; exports run nothing in a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.ledger import queries as ledger
from billing.ledger.models import Account
from cms.backoffice.money import queries
from cms.backoffice.orders import queries as orders
from saas.kernel import clock
from saas.kernel.ids import public_id
from saas.ui.sheets import safe_cell
from storefront.orders.models import Order
from storefront.vouchers import codes
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import on_platform
from tests.factories import shop

from .making import a_paid_order, get, text_of


@pytest.fixture
def sold(mall: Any, bo: Any, run_tasks: Callable[[], Any]) -> Order:
    """Return a paid order of three vouchers at 24.00: one redeemed, one redeemed and undone, one unused; all told to the books."""
    from saas.accounts.middleware import actor_for

    now = clock.now()
    deal = shop.a_deal(now=now - timedelta(days=2), title="=Noodles", price_minor=2400)
    store = deal.stores.get()
    with run_tasks():
        order = a_paid_order(deal, now=now - timedelta(hours=1), units=3, phone="+19515550123")
    found = list(Voucher.objects.filter(line__order=order))
    for number, voucher in enumerate(found[:2]):
        at = now - timedelta(minutes=30 - number)
        with run_tasks():
            redemption = vouchers.redeem(
                voucher_public_id=voucher.public_id,
                store_id=store.pk,
                request_key=public_id(),
                by=actor_for(bo),
                staff=bo,
                now=at,
            )
    with run_tasks():
        vouchers.undo(
            redemption_public_id=redemption.public_id,
            reason="Wrong table",
            by=actor_for(bo),
            now=at + timedelta(minutes=1),
        )
    return order


def books(mall: Any) -> ledger.MallBalances:
    """Return what the books say."""
    with on_platform():
        return ledger.mall_balances(mall.schema_name, currency=mall.currency)


def test_the_money_page_shows_the_books(owner: Client, sold: Order, mall: Any) -> None:
    """M1, M6: 3 × 24.00 paid, one used at 3 %: 0.72 commission, 23.28 earned, 48.00 prepaid."""
    found = books(mall)
    assert (found.prepaid_minor, found.pending_minor, found.available_minor, found.commission_minor) == (
        4800,
        2328,
        0,
        72,
    )
    page = text_of(get(owner, "/manage/money/"))
    assert "You have $23.28 pending, and $48.00 is prepaid by shoppers" in page
    for amount in ("$48.00", "$23.28", "$0.72"):
        assert amount in page


def test_every_account_of_the_books_is_named_for_the_merchant() -> None:
    """A package that was paid to the platform's bank was read as “bank”."""
    assert set(Account.Kind) - set(queries.PLACES) == set()


@pytest.mark.parametrize("account", [kind for kind, _label, _text in queries.STATES])
def test_the_lines_of_a_state_add_up_to_its_balance(account: str, owner: Client, sold: Order, mall: Any) -> None:
    answer = get(owner, f"/manage/money/lines.csv?account={account}")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    summed = sum(Decimal(row["Amount"]) for row in rows)
    balance = {kind: minor for kind, _word, _text, minor in queries.states(books(mall), paid_minor=0)}[account]
    assert summed == Decimal(balance) / 100


def test_each_redemption_line_says_its_commission(owner: Client, sold: Order) -> None:
    answer = get(owner, "/manage/money/lines.csv?kind=voucher_redeemed")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["Amount"], row["Commission"], row["Rate %"]) for row in rows] == [
        ("23.28", "0.72", "3"),
        ("23.28", "0.72", "3"),
    ]
    # A7: the title begins like a formula.
    assert {row["For"] for row in rows} == {"'=Noodles"}


def test_lines_are_filtered_by_period_on_the_malls_calendar(owner: Client, sold: Order) -> None:
    assert "Order paid" in text_of(get(owner, "/manage/money/?kind=order_paid"))
    assert "No line matches." in text_of(get(owner, "/manage/money/?until=2020-01-01"))
    assert "No line matches." in text_of(get(owner, "/manage/money/?since=2120-01-01&account=nonsense"))


def test_another_mall_sees_none_of_it(sold: Order, client_for: Callable[..., Client], hillside: Any, cleo: Any) -> None:
    """A6."""
    page = text_of(get(client_for(hillside, cleo), "/manage/money/"))
    assert "There are no lines yet." in page
    assert client_for(hillside, cleo).get(f"/manage/orders/{sold.public_id}/").status_code == 404


def test_an_order_shows_its_split_by_the_rule_that_won(owner: Client, sold: Order) -> None:
    """M4: price − commission = you get."""
    split = orders.splits(sold)[0]
    assert (split.units, split.total_minor, split.commission_minor, split.yours_minor) == (3, 7200, 216, 6984)
    page = text_of(get(owner, f"/manage/orders/{sold.public_id}/"))
    for text in ("$72.00", "$2.16", "$69.84", "Introductory", "Redeemed at", "Bo"):
        assert text in page


def test_an_order_that_is_not_paid_says_what_is_asked_and_that_nothing_is_earned(
    owner: Client, mall: Any, now: datetime
) -> None:
    order = shop.an_order(shop.a_deal(now=now), now=now)
    page = text_of(get(owner, f"/manage/orders/{order.public_id}/"))
    assert "To be paid" in page
    assert "You earn nothing before it is paid." in page
    assert "You get" not in page
    assert "0 ×" not in page


def test_an_order_that_went_back_whole_says_that_nothing_is_earned(owner: Client, sold: Order, now: datetime) -> None:
    Voucher.objects.filter(line__order=sold).update(
        state=Voucher.State.REFUNDED, refunded_at=now, refund_reference="re_1"
    )
    page = text_of(get(owner, f"/manage/orders/{sold.public_id}/"))
    assert "What was paid went back." in page
    assert not any(said in page for said in ("0 ×", "Paid by the shopper", "You get"))


def test_orders_are_found_by_what_people_say(owner: Client, sold: Order) -> None:
    code = codes.code_for(Voucher.objects.filter(line__order=sold).first())
    for words in (sold.number.lower(), "mei@example", "0123", code, "Mei Lin"):
        assert sold.number in text_of(owner.get("/manage/orders/", {"q": words})), words
    for words in ("99999", "abcd efgh jkmn pqrs", "' OR 1=1 --", "%"):
        assert sold.number not in text_of(owner.get("/manage/orders/", {"q": words})), words
    assert sold.number in text_of(get(owner, "/manage/orders/?state=paid"))
    assert sold.number not in text_of(get(owner, "/manage/orders/?state=refunded"))


def test_vouchers_are_listed_by_state(owner: Client, sold: Order) -> None:
    def shown(query: str) -> int:
        return text_of(get(owner, f"/manage/vouchers/?q={sold.number}&{query}")).count(f">{sold.number}</a>")

    assert (shown(""), shown("state=redeemed"), shown("state=issued"), shown("state=expired")) == (3, 1, 2, 0)


def test_the_mail_is_sent_again_only_for_a_paid_order(
    owner: Client, sold: Order, mailoutbox: Any, run_tasks: Callable[[], Any]
) -> None:
    with run_tasks():
        owner.post(f"/manage/orders/{sold.public_id}/resend/")
    assert [letter.to for letter in mailoutbox] == [["mei@example.com"]] * 2
    unpaid = shop.an_order(shop.a_deal(now=clock.now()), now=clock.now(), email="late@example.com")
    with run_tasks():
        owner.post(f"/manage/orders/{unpaid.public_id}/resend/")
    assert len(mailoutbox) == 2


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1+1", "'=1+1"), ("+1", "'+1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"), (" =1", "' =1"), ("-cmd", "'-cmd"), ("＝1", "'＝1"),
     ("-5.00", "-5.00"), ("12", "12"), ("Noodles", "Noodles"), (None, ""), ("|x", "'|x")],
)  # fmt: skip
def test_no_cell_of_an_export_is_run_by_a_spreadsheet(value: Any, cell: str) -> None:
    """A7."""
    assert safe_cell(value) == cell


def test_the_log_shows_who_did_what_and_finds_it(owner: Client, sold: Order, now: datetime) -> None:
    page = text_of(get(owner, "/manage/activity/?kind=merchant"))
    assert "Bo" in page
    assert "Redeemed a voucher" in page
    assert "Placed an order" not in page
    assert "Redeemed a voucher" in text_of(get(owner, "/manage/activity/?q=redeemed+a"))
    chinese = text_of(owner.get("/manage/activity/", {"q": "核销"}, headers={"accept-language": "zh-CN"}))
    assert "操作日志" in chinese
    assert "Bo" in chinese
    assert re.search(r"在.{1,40}核销", chinese), "what was done is read in the reader's language too"
    assert "No entry matches." in text_of(get(owner, "/manage/activity/?q=nothing-like-it"))
