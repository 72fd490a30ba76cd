"""A session that cannot be written: deleted meanwhile, or the database is away."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection

from saas.accounts.sessions import SessionStore
from tenants.isolation.entrance import inside
from tests.factories import shop
from tests.factories.buying import form_of

pytestmark = pytest.mark.django_db


def away(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    """Fail as a server that was killed does, when a session is written."""
    if sql.startswith('UPDATE "django_session"'):
        raise OperationalError("server closed the connection unexpectedly")
    return execute(sql, *rest)


def test_a_database_that_is_away_is_no_deleted_session_i3(mall: Any) -> None:
    store = SessionStore()
    store.create()
    store["basket"] = 1
    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        store.save()
    store.save()
    assert SessionStore(store.session_key)["basket"] == 1
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()


def test_an_order_that_was_taken_is_not_answered_by_a_clear_no_i3(riverside: Any, now: Any, client_for: Any) -> None:
    with inside(riverside):
        deal = shop.a_deal(now=now)
    client = client_for(riverside)
    client.raise_request_exception = False
    buy = f"/deals/{deal.slug}/buy/"
    assert client.post(buy, form_of(deal)).status_code == 303  # there is a session from now on
    form = form_of(deal)
    with connection.execute_wrapper(away):
        assert client.post(buy, form).status_code == 500
    assert client.post(buy, form).status_code == 303
