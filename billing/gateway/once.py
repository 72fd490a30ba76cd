"""
Asking Stripe for something once, however often the asking is cut off.

What is wanted is written down and committed before the call, under a key made from business ids. Asked again, a thing that is
known is read; one that was asked for long ago is looked up first, because Stripe forgets keys after a day; else the same key is sent.
What was asked for before its mall moved named another schema, and Stripe takes a key only in the same words: it is looked up each time,
and asked for anew under a key that says where the mall is now.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from tenants.isolation.entrance import on_platform

from .client import KeyReused
from .models import Outgoing

# Stripe remembers a key for 24 hours; some time before that we look whether the thing is there.
LOOK_UP_AFTER = timedelta(hours=20)


class CallInTransaction(RuntimeError):
    """Code error: Stripe is never asked inside a transaction, whose end could undo what was written down before."""


@dataclass(frozen=True)
class Wanted:
    """
    Something that Stripe is to make. `key` is made from business ids; `kind` is an `Outgoing.Kind`; `params` are what is sent.

    `tenant_schema` is the mall that it is for. The key goes along in the metadata, by which it is found again.
    """

    key: str
    kind: str
    tenant_schema: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def sent(self) -> dict[str, Any]:
        """What is sent: the parameters, with our key and the mall in the metadata."""
        known = {"key": self.key, "tenant": self.tenant_schema}
        return {**self.params, "metadata": {**self.params.get("metadata", {}), **known}}

    @property
    def fingerprint(self) -> str:
        """What two requests share that are the same."""
        text = json.dumps([self.kind, self.tenant_schema, self.params], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def once(
    wanted: Wanted,
    *,
    create: Callable[[dict[str, str]], Any],
    read: Callable[[str], Any],
    find: Callable[[], Any | None],
    now: datetime,
    looks_first: bool = False,
) -> Any:
    """
    Return the thing of Stripe that `wanted` asks for, made by this call or before.

    `create` gets the options with the idempotency key; `read` gets the id of a known thing; `find` looks for one with our key, always
    before something is asked for where it `looks_first`: then it is made once though our own rows of the asking are gone.

    :raises KeyReused: the key stood for something else before
    :raises GatewayUnavailable: unknown; asking again is safe, after a day too
    :raises PaymentRefused: Stripe will not; nothing was made
    """
    refuse_transaction()
    with on_platform():
        row = _remember(wanted, now=now)
        if row.stripe_id:
            return read(row.stripe_id)
        has_moved = bool(row.first_schema)
        found = find() if looks_first or has_moved or now - row.asked_at >= LOOK_UP_AFTER else None
        key = f"{wanted.key}@{wanted.tenant_schema}" if has_moved else wanted.key
        made = found or create({"idempotency_key": key})
        if not Outgoing.objects.filter(
            stripe_id=made.id
        ).exists():  # else an earlier asking for the same thing knows it
            Outgoing.objects.filter(pk=row.pk).update(stripe_id=made.id, known_at=now)
    return made


def made_before(key: str) -> str:
    """Return the id of what was made under a key, empty where it is not known."""
    with on_platform():
        found = Outgoing.objects.filter(key=key).values_list("stripe_id", flat=True).first()
    return str(found or "")


def was_asked(key: str) -> bool:
    """Tell whether something was asked for under a key, whatever became of it."""
    with on_platform():
        return Outgoing.objects.filter(key=key).exists()


def asked_under(stem: str) -> list[str]:
    """Return the keys that begin with some words and that something was asked for under, whatever became of it."""
    with on_platform():
        return list(Outgoing.objects.filter(key__startswith=stem).order_by("pk").values_list("key", flat=True))


def refuse_transaction() -> None:
    """Refuse to be called inside a unit of work; the transaction that a test case opens is none."""
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise CallInTransaction


@transaction.atomic
def _remember(wanted: Wanted, *, now: datetime) -> Outgoing:
    row, _created = Outgoing.objects.get_or_create(
        key=wanted.key,
        defaults={
            "kind": wanted.kind,
            "tenant_schema": wanted.tenant_schema,
            "fingerprint": wanted.fingerprint,
            "asked_at": now,
        },
    )
    if row.fingerprint != replace(wanted, tenant_schema=row.first_schema or wanted.tenant_schema).fingerprint:
        raise KeyReused(key=wanted.key)
    return row
