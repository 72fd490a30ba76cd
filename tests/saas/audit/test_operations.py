"""The trail is only added to, on the platform and in malls."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from saas.audit import operations, queries
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

BO = Actor(kind="merchant", name="Bo", public_id="bo", on_behalf_of="Riverside", clause="why")


def test_an_entry_says_who_did_what_for_whom(mall: Tenant, now: datetime) -> None:
    operations.record(
        action="voucher.redeemed", subject=("voucher", "v1"), summary="Redeemed", by=BO, now=now, store="Dock"
    )

    entry = queries.of_subject("voucher", "v1")[0]
    assert (entry.actor_name, entry.on_behalf_of, entry.clause, entry.data) == (
        "Bo",
        "Riverside",
        "why",
        {"store": "Dock"},
    )


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_auditentry SET summary = ''", "DELETE FROM audit_auditentry", "TRUNCATE audit_auditentry"],
)
@pytest.mark.parametrize("place", ["mall", "platform"])
def test_an_entry_cannot_be_changed_or_removed(place: str, statement: str, riverside: Tenant, now: datetime) -> None:
    def tried() -> None:
        operations.record(action="a.b", subject=("x", "1"), summary="Stays", by=BO, now=now)
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert AuditEntry.objects.get(subject_id="1").summary == "Stays"

    if place == "platform":
        tried()
    else:
        with inside(riverside):
            tried()
