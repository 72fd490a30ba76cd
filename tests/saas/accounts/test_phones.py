"""A phone number is of the mall's country unless it says otherwise."""

from typing import Any

import pytest

from saas.accounts import phones
from storefront.checkout.forms import BuyForm
from tenants.isolation.entrance import inside

FIELDS = {"units": 1, "price_minor": 1, "request_key": "k" * 26}


@pytest.mark.parametrize(
    ("zone", "typed", "stored"),
    [
        ("Asia/Shanghai", "138 0013 8000", "+8613800138000"),
        ("Europe/Berlin", "01512 3456789", "+4915123456789"),
        ("America/Los_Angeles", "951 555 0142", "+19515550142"),
        ("Europe/Berlin", "+86 138 0013 8000", "+8613800138000"),
        ("UTC", "951 555 0142", "+19515550142"),
    ],
)
def test_people_write_their_number_as_at_home(riverside: Any, zone: str, typed: str, stored: str) -> None:
    riverside.time_zone = zone
    with inside(riverside):
        form = BuyForm({"phone": typed, **FIELDS})
        assert form.is_valid(), form.errors
        assert str(form.cleaned_data["phone"]) == stored
        assert phones.normal(typed) == stored


def test_what_is_no_number_there_is_told_with_one_of_the_country(riverside: Any) -> None:
    riverside.time_zone = "Asia/Shanghai"
    with inside(riverside):
        form = BuyForm({"phone": "12345", **FIELDS})
        assert "131 2345 6789" in str(form.errors["phone"])
        assert "131 2345 6789" in str(form.fields["phone"].help_text)
