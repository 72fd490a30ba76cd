"""The form of a store: address, position, and opening hours as rows that need no script."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS as DAY_NAMES
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cms.backoffice.fields import HtmlTimeInput
from saas.accounts.phones import LocalPhoneField
from storefront.stores.hours import MAXIMUM_PAIRS
from storefront.stores.models import WEEKDAYS, Store

from . import positions

_FIELDS = (
    "name",
    "street",
    "district",
    "city",
    "postcode",
    "phone",
    "latitude",
    "longitude",
    "directions",
    "stations",
    "is_serving",
)


@dataclass(frozen=True)
class DayRow:
    """The fields of one weekday: pairs of opening and closing time."""

    day: str
    name: str
    pairs: list[tuple[forms.BoundField, forms.BoundField]]


class StoreForm(forms.Form):
    """A store."""

    name = forms.CharField(label=pgettext_lazy("store", "Name"), max_length=120)
    street = forms.CharField(label=gettext_lazy("Street and number"), max_length=200)
    district = forms.CharField(label=gettext_lazy("District"), max_length=80, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=80)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=16, required=False)
    phone = LocalPhoneField(label=pgettext_lazy("store", "Phone"), required=False)
    directions = forms.CharField(label=gettext_lazy("How to find it"), max_length=300, required=False)
    stations = forms.IntegerField(
        label=gettext_lazy("Guests at the same time"),
        min_value=0,
        max_value=2000,
        required=False,
        help_text=gettext_lazy(
            "Chairs, tables or rooms at which one guest each is served. With it a deal's form says how many units can be served."
        ),
    )
    is_serving = forms.BooleanField(
        label=gettext_lazy("Serves people"),
        required=False,
        help_text=gettext_lazy("Without it the store is not shown, and vouchers are not redeemed there."),
    )
    maps_link = forms.CharField(
        label=gettext_lazy("Paste a link of a map"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy(
            "From Google Maps, Apple Maps or OpenStreetMap. The position is read from it; the link is not kept."
        ),
    )
    latitude = forms.DecimalField(
        label=gettext_lazy("Latitude"), min_value=-90, max_value=90, max_digits=8, decimal_places=6, required=False
    )
    longitude = forms.DecimalField(
        label=gettext_lazy("Longitude"), min_value=-180, max_value=180, max_digits=9, decimal_places=6, required=False
    )

    def __init__(self, data: Any = None, *, store: Store | None = None) -> None:
        stored = store.hours if store else {}
        initial = {name: getattr(store, name) for name in _FIELDS} if store else {"is_serving": True}
        self.pairs = min(MAXIMUM_PAIRS, max(2, *(len(stored.get(day, [])) for day in WEEKDAYS)))
        super().__init__(data, initial={**initial, **_times(stored)})
        for number, day in enumerate(WEEKDAYS):
            for pair in range(self.pairs):
                for end, words in (("opens", _("%(day)s opens")), ("closes", _("%(day)s closes"))):
                    label = words % {"day": DAY_NAMES[number]}
                    widget = HtmlTimeInput(format="%H:%M", attrs={"aria-label": label})
                    self.fields[f"{day}_{pair}_{end}"] = forms.TimeField(label=label, required=False, widget=widget)

    @property
    def days(self) -> list[DayRow]:
        """The rows of opening hours."""
        return [
            DayRow(
                day,
                str(DAY_NAMES[number]),
                [(self[f"{day}_{pair}_opens"], self[f"{day}_{pair}_closes"]) for pair in range(self.pairs)],
            )
            for number, day in enumerate(WEEKDAYS)
        ]

    def clean(self) -> None:
        """Read the pasted link, and ask for both halves of what comes in pairs."""
        data = self.cleaned_data
        if data.get("maps_link"):
            try:
                data["latitude"], data["longitude"] = positions.read(data["maps_link"])
            except positions.PositionRefused as refusal:
                self.add_error("maps_link", str(refusal))
        elif (data.get("latitude") is None) != (data.get("longitude") is None):
            self.add_error("latitude", _("A position has a latitude and a longitude."))
        for row in self.days:
            for opens, closes in row.pairs:
                if (data.get(opens.name) is None) != (data.get(closes.name) is None) and not (
                    opens.errors or closes.errors
                ):
                    self.add_error(closes.name, _("Fill in when it opens and when it closes."))

    def read_fields(self) -> dict[str, Any]:
        """Return the store's fields, hours in their stored shape."""
        hours: dict[str, list[list[str]]] = {}
        for row in self.days:
            for opens, closes in row.pairs:
                if self.cleaned_data[opens.name] is not None:
                    hours.setdefault(row.day, []).append(
                        _pair(self.cleaned_data[opens.name], self.cleaned_data[closes.name])
                    )
        return {**{name: self.cleaned_data[name] for name in _FIELDS}, "hours": hours}


def _pair(opens: time, closes: time) -> list[str]:
    """Write a pair; midnight to midnight is the whole day."""
    ends = "24:00" if opens == closes == time() else f"{closes:%H:%M}"
    return [f"{opens:%H:%M}", ends]


def _times(hours: dict[str, list[list[str]]]) -> dict[str, str]:
    return {
        f"{day}_{pair}_{end}": text.replace("24:00", "00:00")
        for day, pairs in hours.items()
        for pair, texts in enumerate(pairs)
        for end, text in zip(("opens", "closes"), texts, strict=True)
    }
