"""Stores as pages show them."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from storefront.stores import queries
from storefront.stores.models import Store
from storefront.stores.queries import Position
from tests.factories import shop

pytestmark = pytest.mark.usefixtures("mall")
CITY_HALL = Position(34.0537, -118.2427)


def test_stores_are_listed_nearest_first_and_those_without_a_position_last(now: datetime) -> None:
    shop.a_store("Nowhere")
    shop.a_store("San Diego", latitude=Decimal("32.715700"), longitude=Decimal("-117.161100"))
    shop.a_store("Union Station", latitude=Decimal("34.056200"), longitude=Decimal("-118.236500"))
    found = queries.listed(at=now, near=CITY_HALL)
    assert [store.name for store in found] == ["Union Station", "San Diego", "Nowhere"]
    assert found[0].distance == "640 m"
    assert found[1].distance_metres == pytest.approx(179_000, rel=0.01)
    assert (found[2].distance_metres, found[2].distance) == (None, "")


@pytest.mark.parametrize(
    ("metres", "text"),
    [
        (0, "10 m"),
        (349, "350 m"),
        (949, "950 m"),
        (950, "0.9 km"),
        (1234, "1.2 km"),
        (9_960, "10 km"),
        (14_400, "14 km"),
    ],
)
def test_a_distance_is_said_as_people_say_it(metres: float, text: str) -> None:
    assert queries.distance_text(metres) == text


def test_a_position_opens_on_a_map_and_so_does_an_address(now: datetime) -> None:
    shop.a_store("Union", latitude=Decimal("34.056200"), longitude=Decimal("-118.236500"))
    shop.a_store("Mill")
    mill, union = queries.listed(at=now)
    assert (
        union.maps_url == "https://www.openstreetmap.org/?mlat=34.056200&mlon=-118.236500#map=18/34.056200/-118.236500"
    )
    assert mill.maps_url == "https://www.openstreetmap.org/search?query=1+Mill+Lane%2C+Riverside"


def test_what_does_not_serve_is_not_shown(now: datetime) -> None:
    store = shop.a_store(is_serving=False)
    assert queries.listed(at=now) == ()
    assert queries.by_public_id(store.public_id, at=now) is None


def test_stores_are_filtered_by_district_and_by_being_open(now: datetime) -> None:
    shop.a_store("Open", district="Old Town", hours={"fri": [["09:00", "18:00"]]})
    shop.a_store("Shut", district="Harbour", hours={"sat": [["09:00", "18:00"]]})
    assert queries.districts() == ["Harbour", "Old Town"]
    assert [store.name for store in queries.listed(at=now, district="Harbour")] == ["Shut"]
    assert [store.name for store in queries.listed(at=now, open_only=True)] == ["Open"]


def test_an_address_is_written_in_one_line(now: datetime) -> None:
    shop.a_store(district="Old Town", postcode="92501")
    assert queries.listed(at=now)[0].address == "1 Mill Lane, Old Town, 92501 Riverside"
    Store.objects.update(street="南门巷 26 号", district="老城区", city="成都")
    assert queries.listed(at=now)[0].address == "成都老城区南门巷 26 号"


@pytest.mark.parametrize("position", [{"latitude": 91, "longitude": 0}, {"latitude": 1}, {"longitude": 1}])
def test_a_position_is_whole_and_on_earth(position: dict[str, int]) -> None:
    with pytest.raises(IntegrityError, match="store_position"), transaction.atomic():
        shop.a_store(**position)
