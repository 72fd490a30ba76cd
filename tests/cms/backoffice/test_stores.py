"""Stores in the back office: address, opening hours without script, position out of a pasted link, order."""

from decimal import Decimal

import pytest
from django.test import Client

from cms.backoffice.stores import positions
from cms.backoffice.stores.positions import PositionRefused
from saas.audit.models import AuditEntry
from storefront.stores.models import Store

from .making import errors_of, get, store_form, text_of

pytestmark = pytest.mark.usefixtures("mall")


@pytest.mark.parametrize(
    "text",
    [
        "https://www.google.com/maps/place/Noodles/@33.9,-117.3,17z/data=!3m1!4b1!4m6!3d33.980602!4d-117.375494",
        "https://www.google.com/maps/@33.980602,-117.375494,17z",
        "https://maps.google.com/?q=33.980602,-117.375494",
        "https://maps.apple.com/?ll=33.980602,-117.375494&q=Noodles",
        "https://www.openstreetmap.org/?mlat=33.980602&mlon=-117.375494#map=18/1/2",
        "https://www.openstreetmap.org/#map=18/33.980602/-117.375494",
        "geo:33.980602,-117.375494",
        " 33.980602, -117.375494 ",
    ],
)
def test_a_position_is_read_out_of_what_people_paste(text: str) -> None:
    assert positions.read(text) == (Decimal("33.980602"), Decimal("-117.375494"))


@pytest.mark.parametrize(
    "text", ["https://maps.app.goo.gl/abc", "Mill Lane 4", "91.0, 10.0", "@33.9,-181.0", "٣٣, ١١", "", "1,2,3" * 1000]
)
def test_what_holds_no_position_is_refused(text: str) -> None:
    with pytest.raises(PositionRefused):
        positions.read(text)


def test_a_store_is_added_with_hours_and_position(owner: Client) -> None:
    count = Store.objects.count()
    hours = {
        "mon_0_opens": "11:00",
        "mon_0_closes": "14:30",
        "mon_1_opens": "17:00",
        "mon_1_closes": "01:00",
        "sun_0_opens": "00:00",
        "sun_0_closes": "00:00",
    }
    answer = owner.post(
        "/manage/stores/new/", store_form(name="Harbour", phone="+1 951 555 0123", maps_link="33.98, -117.37", **hours)
    )
    assert answer.status_code == 302, errors_of(answer)
    store = Store.objects.get(name="Harbour")
    assert store.hours == {"mon": [["11:00", "14:30"], ["17:00", "01:00"]], "sun": [["00:00", "24:00"]]}
    assert (store.latitude, store.longitude, store.position) == (Decimal("33.98"), Decimal("-117.37"), count)
    again = text_of(get(owner, f"/manage/stores/{store.public_id}/"))
    assert 'name="mon_1_closes" value="01:00"' in again
    assert AuditEntry.objects.get(action="store.added").actor_name == "Alma"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"phone": "12"}, "Enter a phone number such as"),
        ({"mon_0_opens": "11:00"}, "Fill in when it opens and when it closes."),
        (
            {"mon_0_opens": "11:00", "mon_0_closes": "15:00", "mon_1_opens": "14:00", "mon_1_closes": "18:00"},
            "overlap on Monday",
        ),
        ({"mon_0_opens": "11:00", "mon_0_closes": "11:00"}, "opens and closes at 11:00"),
        ({"mon_0_opens": "25:00", "mon_0_closes": "26:00"}, "Enter a valid time."),
        ({"latitude": "33.9"}, "A position has a latitude and a longitude."),
        ({"latitude": "91", "longitude": "0"}, "less than or equal to 90"),
        ({"maps_link": "https://maps.app.goo.gl/abc"}, "There is no position in this link."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(fields: dict[str, str], words: str, owner: Client) -> None:
    before = (list(Store.objects.order_by("pk").values()), AuditEntry.objects.count())
    answer = owner.post("/manage/stores/new/", store_form(**fields))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert (list(Store.objects.order_by("pk").values()), AuditEntry.objects.count()) == before


def test_stores_are_ordered_by_buttons(owner: Client) -> None:
    for name in ("First", "Second", "Third"):
        owner.post("/manage/stores/new/", store_form(name=name))
    third = Store.objects.get(name="Third")
    names = ["First", "Second", "Third"]
    owner.post(f"/manage/stores/{third.public_id}/up/")
    assert [store.name for store in Store.objects.all()] == [names[0], "Third", names[1]]
    owner.post(f"/manage/stores/{third.public_id}/down/")
    owner.post(f"/manage/stores/{third.public_id}/down/")
    assert [store.name for store in Store.objects.all()] == names


def test_a_store_that_is_not_there_is_not_found(owner: Client) -> None:
    assert owner.get("/manage/stores/nothing/").status_code == 404
    assert owner.post("/manage/stores/nothing/up/").status_code == 404
