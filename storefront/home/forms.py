"""Filters of the lists, as GET forms. Every field may be absent; a value that makes no sense is as if absent."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from storefront.stores.queries import Position

LONGEST_QUERY = 60


class PlaceForm(forms.Form):
    """Where the shopper is: a position from the browser, or a district."""

    near = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    district = forms.ChoiceField(label=_("District"), required=False)
    open = forms.BooleanField(label=_("Open now"), required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, districts: list[str]) -> None:
        super().__init__(data)
        self.fields["district"].choices = [("", _("All districts")), *((one, one) for one in districts)]  # type: ignore[attr-defined]
        if not districts:
            del self.fields["district"]
        self.is_valid()

    def position(self) -> Position | None:
        """Return the position, or None where there is none or it is not on earth."""
        return position_of(str(self.cleaned_data.get("near", "")))

    def chosen(self) -> dict[str, Any]:
        """Return the valid values that are not empty."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class SearchForm(forms.Form):
    """What a shopper looks for."""

    q = forms.CharField(label=_("Search"), required=False, max_length=LONGEST_QUERY)
    category = forms.ChoiceField(label=_("Category"), required=False)
    most = forms.DecimalField(
        label=_("Up to"),
        required=False,
        min_value=0,
        max_digits=10,
        widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[("", _("Best match")), ("price", _("Lowest price first")), ("ending", _("Ending soonest first"))],
    )

    def __init__(self, data: Mapping[str, Any] | None, *, categories: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["category"].choices = [("", _("All categories")), *categories]  # type: ignore[attr-defined]
        if not categories:
            del self.fields["category"]
        self.is_valid()

    def chosen(self) -> dict[str, Any]:
        """Return the valid values that are not empty."""
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}


def position_of(text: str) -> Position | None:
    """Read "31.23,121.47"; None where that is no place on earth."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    on_earth = -90 <= latitude <= 90 and -180 <= longitude <= 180
    return Position(latitude, longitude) if on_earth else None
