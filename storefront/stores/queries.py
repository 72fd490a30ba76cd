"""Stores shaped for pages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import F, FloatField, Func, QuerySet, Value
from django.urls import reverse
from django.utils.translation import gettext as _

from tenants.frontcache.parts import kept
from tenants.isolation import current

from . import hours
from .models import Store

_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class StoreView:
    """
    A store as a page shows it. `days` is the week; `status` says whether it is open; `distance` is a text ("350 m", "" where unknown)
    and `distance_metres` its number; `maps_url` opens the position, or the address, on a map.
    """

    public_id: str
    name: str
    street: str
    district: str
    city: str
    postcode: str
    phone: str
    phone_text: str
    directions: str
    days: tuple[hours.Day, ...]
    is_open: bool
    status: str
    maps_url: str
    url: str
    distance_metres: int | None = None
    distance: str = ""

    @property
    def address(self) -> str:
        """The address in one line; in Chinese from the large to the small, as it is written there."""
        if _HAN.search(self.street):
            return f"{self.city}{self.district}{self.street}"
        place = " ".join(part for part in (self.postcode, self.city) if part)
        return ", ".join(part for part in (self.street, self.district, place) if part)


@dataclass(frozen=True)
class Position:
    """A place on earth, in degrees."""

    latitude: float
    longitude: float


def store_view(store: Store, *, at: datetime) -> StoreView:
    """Shape one store. Costs no query."""
    zone = current.mall().time_zone
    opening = hours.opening_at(store.hours, at=at, zone=zone)
    view = StoreView(
        public_id=store.public_id,
        name=store.name,
        street=store.street,
        district=store.district,
        city=store.city,
        postcode=store.postcode,
        phone=str(store.phone),
        phone_text=getattr(store.phone, "as_international", "") if store.phone else "",
        directions=store.directions,
        days=hours.week(store.hours, at=at, zone=zone) if store.hours else (),
        is_open=opening.is_open,
        status=hours.status(opening, at=at, zone=zone) if store.hours else "",
        maps_url=_maps_url(store),
        url=reverse("home:store", args=[store.public_id]),
    )
    metres = getattr(store, "metres", None)
    return replace(view, distance_metres=round(metres), distance=distance_text(metres)) if metres is not None else view


def store_views(stores: Iterable[Store], *, at: datetime) -> tuple[StoreView, ...]:
    """Shape stores, in their order."""
    return tuple(store_view(store, at=at) for store in stores)


def kept_views(*, at: datetime) -> dict[int, StoreView]:
    """Return the serving stores by primary key, in the merchant's order. The mall's pages share them for a minute; no query then."""
    return kept("stores", lambda: {store.pk: store_view(store, at=at) for store in Store.objects.serving()}, at=at)


def by_public_id(public_id: str, *, at: datetime) -> StoreView | None:
    """Return the serving store, or None."""
    store = Store.objects.serving().filter(public_id=public_id).first()
    return store_view(store, at=at) if store else None


def listed(
    *, at: datetime, near: Position | None = None, district: str = "", open_only: bool = False
) -> tuple[StoreView, ...]:
    """Return the serving stores: nearest first where a position is given, else in the merchant's order."""
    rows: QuerySet[Store] = Store.objects.serving()
    if district:
        rows = rows.filter(district=district)
    if near:
        rows = with_distance(rows, near).order_by(F("metres").asc(nulls_last=True), "position", "name")
    views = store_views(rows, at=at)
    return tuple(view for view in views if view.is_open) if open_only else views


def districts() -> list[str]:
    """Return the districts that have serving stores, by name."""
    return list(
        Store.objects.serving().exclude(district="").order_by("district").values_list("district", flat=True).distinct()
    )


def with_distance(rows: QuerySet[Store], near: Position) -> QuerySet[Store]:
    """Annotate `metres` from `near` along the earth's surface; null where a store has no position."""
    there = Func(F("latitude"), F("longitude"), function="ll_to_earth")
    here = Func(Value(near.latitude), Value(near.longitude), function="ll_to_earth")
    return rows.annotate(metres=Func(here, there, function="earth_distance", output_field=FloatField()))


def distance_text(metres: float) -> str:
    """Write a distance as people say it: "350 m", "1.2 km", "14 km"."""
    if metres < 950:
        return _("%(count)d m") % {"count": max(10, round(metres / 10) * 10)}
    if metres < 9_950:
        return _("%(count).1f km") % {"count": metres / 1000}
    return _("%(count)d km") % {"count": round(metres / 1000)}


def _maps_url(store: Store) -> str:
    if store.latitude is not None and store.longitude is not None:
        pin = urlencode({"mlat": store.latitude, "mlon": store.longitude})
        return f"https://www.openstreetmap.org/?{pin}#map=18/{store.latitude}/{store.longitude}"
    address = ", ".join(part for part in (store.street, store.postcode, store.city) if part)
    return f"https://www.openstreetmap.org/search?{urlencode({'query': address})}"
