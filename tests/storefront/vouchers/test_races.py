"""Many terminals at once, over real connections in a database that commits (M1, M7, V5)."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from saas.accounts.models import User
from saas.kernel.errors import DomainError
from saas.kernel.outbox.models import OutboxEvent
from storefront.stores.models import Store
from storefront.vouchers import operations, refusals, rules
from storefront.vouchers.models import Redemption, Voucher
from tenants.isolation.entrance import building, inside
from tenants.registry.models import Tenant
from tests.storefront.vouchers.making import BO, make_store, make_voucher, redeem

TERMINALS = 8
Answer = Redemption | Voucher | Exception


@pytest.fixture
def schema(committed: None) -> Iterator[str]:
    """Riverside Noodles in the throwaway database, where commits are real."""
    tenant = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        yield tenant.schema_name


@pytest.fixture
def store(schema: str) -> Store:
    return make_store()


@pytest.fixture
def clerk(schema: str) -> User:
    return User.objects.get(email="bo@riverside.example")


@pytest.fixture
def voucher(store: Store, now: datetime) -> Voucher:
    return make_voucher(store, now=now)


def at_once(schema: str, *acts: Callable[[], Any]) -> list[Answer]:
    """Run each act in a thread with a connection of its own, all let go together; give what each returned or raised."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            with inside(schema):
                connection.ensure_connection()
                start.wait()
                return act()
        except (DomainError, IntegrityError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def successes(answers: list[Answer]) -> list[Answer]:
    return [answer for answer in answers if not isinstance(answer, Exception)]


def is_consistent(voucher: Voucher) -> bool:
    """Tell whether state, redemptions and what was told say the same."""
    voucher.refresh_from_db()
    standing = voucher.redemptions.filter(undone_at__isnull=True).count()
    told = {
        kind: OutboxEvent.objects.filter(kind=kind, payload__voucher=voucher.public_id).count()
        for kind in ("voucher.redeemed", "voucher.redemption_undone")
    }
    is_redeemed = voucher.state == Voucher.State.REDEEMED
    return standing == int(is_redeemed) and told["voucher.redeemed"] - told["voucher.redemption_undone"] == standing


def drop_the_index() -> None:
    """Take away the database's own guard against a second standing redemption."""
    with building(connection.schema_name), connection.cursor() as cursor:
        cursor.execute("DROP INDEX voucher_redeemed_once")


def test_m1_eight_terminals_redeem_one_voucher_and_exactly_one_succeeds(
    schema: str, voucher: Voucher, store: Store, clerk: User, now: datetime
) -> None:
    answers = at_once(schema, *[lambda: redeem(voucher, store, clerk, now=now)] * TERMINALS)

    (winner,) = successes(answers)
    losers = [answer for answer in answers if answer is not winner]
    assert {type(answer) for answer in losers} == {refusals.AlreadyUsed}
    assert {answer.data["redemption"] for answer in losers if isinstance(answer, DomainError)} == {winner.public_id}
    assert Redemption.objects.filter(voucher=voucher).count() == 1
    assert is_consistent(voucher)


def test_m1_the_lock_alone_is_enough_when_the_index_is_gone(
    schema: str, voucher: Voucher, store: Store, clerk: User, now: datetime
) -> None:
    drop_the_index()

    answers = at_once(schema, *[lambda: redeem(voucher, store, clerk, now=now)] * TERMINALS)

    assert len(successes(answers)) == 1
    assert Redemption.objects.filter(voucher=voucher).count() == 1


def without_lock(voucher: Voucher, store: Store, clerk: User, now: datetime) -> Callable[[], Redemption]:
    """Return a redemption as it would be without the lock: everybody checks, then everybody writes."""
    everybody_checked = threading.Barrier(TERMINALS)

    @transaction.atomic
    def act() -> Redemption:
        row = Voucher.objects.select_related("line__order", "deal").get(pk=voucher.pk)
        rules.check(row, store=store, now=now)
        everybody_checked.wait()
        key = f"unlocked-{threading.get_ident()}"
        made = Redemption.objects.create(
            voucher=row, store=store, request_key=key, staff=clerk, staff_name="Bo", redeemed_at=now
        )
        Voucher.objects.filter(pk=row.pk).update(state=Voucher.State.REDEEMED)
        return made

    return act


def test_m1_negative_control_without_lock_and_index_the_voucher_is_redeemed_eight_times(
    schema: str, voucher: Voucher, store: Store, clerk: User, now: datetime
) -> None:
    drop_the_index()

    answers = at_once(schema, *[without_lock(voucher, store, clerk, now)] * TERMINALS)

    assert len(successes(answers)) == TERMINALS
    assert Redemption.objects.filter(voucher=voucher).count() == TERMINALS


def test_m1_without_the_lock_the_index_still_lets_one_through(
    schema: str, voucher: Voucher, store: Store, clerk: User, now: datetime
) -> None:
    answers = at_once(schema, *[without_lock(voucher, store, clerk, now)] * TERMINALS)

    assert len(successes(answers)) == 1
    assert Redemption.objects.filter(voucher=voucher).count() == 1


def test_v5_one_request_sent_eight_times_at_once_has_one_effect_and_one_answer(
    schema: str, voucher: Voucher, store: Store, clerk: User, now: datetime
) -> None:
    answers = at_once(
        schema, *[lambda: redeem(voucher, store, clerk, now=now, key="same-key-of-one-request")] * TERMINALS
    )

    assert len({answer.public_id for answer in successes(answers)}) == 1
    assert len(successes(answers)) == TERMINALS
    assert is_consistent(voucher)


def test_m4_one_key_for_eight_vouchers_at_once_redeems_one(
    schema: str, store: Store, clerk: User, now: datetime
) -> None:
    vouchers = [make_voucher(store, now=now) for _terminal in range(TERMINALS)]
    acts = [lambda one=one: redeem(one, store, clerk, now=now, key="same-key-of-one-request") for one in vouchers]

    answers = at_once(schema, *acts)

    assert len(successes(answers)) == 1
    assert sum(isinstance(answer, refusals.RequestKeyReused) for answer in answers) == TERMINALS - 1
    assert all(is_consistent(voucher) for voucher in vouchers)


def test_redeeming_and_undoing_at_once_leaves_one_story(
    schema: str, voucher: Voucher, store: Store, clerk: User, now: datetime
) -> None:
    first = redeem(voucher, store, clerk, now=now)

    def undo() -> Redemption:
        return operations.undo(redemption_public_id=first.public_id, reason="By mistake", by=BO, now=now)

    with inside(schema):
        answers = at_once(schema, undo, undo, *[lambda: redeem(voucher, store, clerk, now=now)] * 6)
        assert len(successes(answers[:2])) == 2
        assert len(successes(answers[2:])) <= 1
        assert Redemption.objects.filter(voucher=voucher, undone_at__isnull=False).count() == 1
        assert is_consistent(voucher)


def test_m7_redeeming_and_refunding_at_once_one_of_them_wins(
    schema: str, voucher: Voucher, store: Store, clerk: User, now: datetime
) -> None:
    def refund() -> Voucher:
        return operations.mark_refunded(voucher=voucher.public_id, refund="refund-1", by=BO, now=now)

    answers = at_once(schema, refund, *[lambda: redeem(voucher, store, clerk, now=now)] * 3)

    assert len(successes(answers)) == 1
    voucher.refresh_from_db()
    is_refunded = voucher.state == Voucher.State.REFUNDED
    assert Redemption.objects.filter(voucher=voucher).count() == int(not is_refunded)
    assert {type(answer) for answer in answers if isinstance(answer, Exception)} <= {
        refusals.Refunded,
        refusals.AlreadyUsed,
    }
