"""The form of the buy page. It validates shape; `operations.reserve` validates truth."""

import re
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from saas.accounts import phones
from saas.kernel.ids import public_id
from storefront.deals.queries import MAXIMUM_UNITS_OF_ORDER


class BuyForm(forms.Form):
    """
    How the shopper can be reached, with the quantity and the price that the page showed, and the form's own key.

    The key makes a second click find the order that the first one made. `total_minor` is what the page showed to pay with the code.
    """

    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        help_text=_("Your vouchers go there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = phones.LocalPhoneField(
        label=_("Or mobile phone"),
        required=False,
        help_text=format_lazy(_("Such as {example}; from another country with its code."), example=phones.example()),
    )
    name = forms.CharField(
        label=_("Your name"), required=False, max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    promotion_code = forms.CharField(
        label=_("Promotion code"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    units = forms.IntegerField(min_value=1, max_value=MAXIMUM_UNITS_OF_ORDER, widget=forms.HiddenInput)
    price_minor = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    total_minor = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    request_key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def clean_request_key(self) -> str:
        """Return the key, in the shape in which the page gave it out."""
        key = self.cleaned_data["request_key"]
        if not re.fullmatch(r"[0-9a-z]{26}", key):
            raise forms.ValidationError(_("This form is damaged. Please open the page again."))
        return str(key)

    def clean_email(self) -> str:
        """Return the address in lower case."""
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        """Ask for one way to reach the shopper."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors.keys() & {"email", "phone"} and not cleaned.get("email") and not cleaned.get("phone"):
            self.add_error(
                "email", _("Give an e-mail address or a mobile phone number, so that your vouchers reach you.")
            )
        return cleaned

    def visible(self) -> list[forms.BoundField]:
        """Return the fields that people fill in."""
        return [self[name] for name in ("email", "phone", "name")]


def fresh_key() -> str:
    """Return a key for a form that has not been sent."""
    return public_id()
