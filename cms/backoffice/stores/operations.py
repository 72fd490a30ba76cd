"""Writes of stores."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import locked, locked_one
from storefront.stores import hours
from storefront.stores.models import Store

FIELDS = (
    "name",
    "street",
    "district",
    "city",
    "postcode",
    "phone",
    "latitude",
    "longitude",
    "hours",
    "directions",
    "stations",
    "is_serving",
)


@transaction.atomic
def add(*, fields: dict[str, Any], by: Actor, now: datetime) -> Store:
    """
    Add a store at the end of the list. `fields` holds all of `FIELDS`.

    :raises HoursRefused: opening hours that overlap or do not exist
    """
    store = Store(position=Store.objects.count(), **_checked(fields))
    store.save()
    audit.record(
        action="store.added",
        subject=("store", store.public_id),
        summary=phrase(_("Added %(name)s"), name=store.name),
        by=by,
        now=now,
    )
    return store


@transaction.atomic
def change(*, store_public_id: str, fields: dict[str, Any], by: Actor, now: datetime) -> Store:
    """
    Change a store. Locks: Store.

    :raises HoursRefused: opening hours that overlap or do not exist
    :raises Store.DoesNotExist: there is no such store
    """
    store = locked_one(Store.objects.filter(public_id=store_public_id))
    wanted = _checked(fields)
    changed = [name for name in FIELDS if getattr(store, name) != wanted[name]]
    before = {name: _plain(getattr(store, name)) for name in changed}
    for name in FIELDS:
        setattr(store, name, wanted[name])
    store.save(update_fields=FIELDS)
    audit.record(
        action="store.changed",
        subject=("store", store.public_id),
        summary=phrase(_("Changed %(name)s"), name=store.name),
        by=by,
        now=now,
        fields=changed,
        before=before,
    )
    return store


def bring_back(*, store_public_id: str, before: dict[str, Any], by: Actor, now: datetime) -> Store:
    """
    Give fields of a store the values that the trail kept of them (`before` of "store.changed"). Locks: Store.

    :raises HoursRefused, Store.DoesNotExist: as `change`
    """
    store = Store.objects.get(public_id=store_public_id)
    former = {name: value for name, value in before.items() if name in FIELDS}
    for name in former.keys() & {"latitude", "longitude"}:
        former[name] = None if former[name] is None else Decimal(former[name])
    fields = {name: getattr(store, name) for name in FIELDS} | former
    return change(store_public_id=store_public_id, fields=fields, by=by, now=now)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; numbers of a position as text, so that they stay exact."""
    return value if value is None or isinstance(value, (str, int, bool, list, dict)) else str(value)


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    return {**{name: fields[name] for name in FIELDS}, "hours": hours.check(fields["hours"])}


@transaction.atomic
def move(*, store_public_id: str, steps: int, by: Actor, now: datetime) -> list[Store]:
    """Move a store `steps` places down the list (up when negative), as far as the list goes. Locks: all stores."""
    stores: Sequence[Store] = sorted(locked(Store.objects.all()), key=lambda one: (one.position, one.name))
    order = list(stores)
    at = next((index for index, one in enumerate(order) if one.public_id == store_public_id), None)
    if at is None:
        raise Store.DoesNotExist
    moved = order.pop(at)
    order.insert(min(max(at + steps, 0), len(order)), moved)
    for position, store in enumerate(order):
        store.position = position
    Store.objects.bulk_update(order, ["position"])
    audit.record(
        action="store.moved",
        subject=("store", store_public_id),
        summary=phrase(_("Moved %(name)s"), name=moved.name),
        by=by,
        now=now,
    )
    return order
