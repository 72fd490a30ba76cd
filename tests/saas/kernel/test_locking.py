"""Locks hold, in order, or say that somebody else was faster."""

import threading

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from saas.kernel.errors import Busy
from saas.kernel.locking import locked, locked_one
from tenants.registry.models import Tenant


def test_a_lock_outside_a_transaction_is_refused(committed: None) -> None:
    with pytest.raises(TransactionManagementError):
        locked(Tenant.objects.all())


def test_rows_come_in_the_order_of_their_keys_whatever_was_asked(committed: None) -> None:
    with transaction.atomic():
        keys = [tenant.pk for tenant in locked(Tenant.objects.order_by("-pk"))]
    assert keys == sorted(keys)
    assert len(keys) == 2


def test_one_row_is_exactly_one(committed: None) -> None:
    with transaction.atomic(), pytest.raises(Tenant.MultipleObjectsReturned):
        locked_one(Tenant.objects.all())
    with transaction.atomic(), pytest.raises(Tenant.DoesNotExist):
        locked_one(Tenant.objects.filter(slug="nobody"))


def test_a_row_that_somebody_else_holds_is_busy(committed: None) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            locked_one(Tenant.objects.filter(slug="riverside"))
            held.set()
            done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    try:
        with pytest.raises(Busy):
            _lock_impatiently()
    finally:
        done.set()
        thread.join()


@transaction.atomic
def _lock_impatiently() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
    locked_one(Tenant.objects.filter(slug="riverside"))
