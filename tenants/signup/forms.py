"""The sign-up form and the hub's form."""

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from saas.kernel.ids import public_id
from tenants.registry.models import Trade

from . import queries

CURRENCIES = (
    "usd",
    "eur",
    "gbp",
    "cny",
    "hkd",
    "jpy",
    "krw",
    "sgd",
    "aud",
    "cad",
    "chf",
    "nzd",
    "thb",
    "inr",
    "mxn",
    "brl",
)
MAXIMUM_NAME = 120


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())  # reads hundreds of files


class SignUpForm(forms.Form):
    """What a merchant tells to open a mall. It validates shape; whether the address is free the operation decides."""

    key = forms.RegexField(r"^[0-9a-z]{26}$", widget=forms.HiddenInput, initial=public_id)
    time_zone = forms.CharField(widget=forms.HiddenInput(attrs={"data-time-zone": ""}), required=False, max_length=64)
    suggested = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    name = forms.CharField(
        label=_("Business name"),
        help_text=_("As it hangs over the door."),
        error_messages={"required": _("Tell us the name of your business.")},
        widget=forms.TextInput(attrs={"autocomplete": "organization", "maxlength": MAXIMUM_NAME}),
    )
    slug = forms.CharField(
        label=_("Address of your mall"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    trade = forms.ChoiceField(label=_("Trade"), choices=Trade.choices)
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code.upper()) for code in CURRENCIES], initial="usd"
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("You sign in with it."),
        max_length=254,
        error_messages={
            "required": _("Tell us your e-mail address."),
            "invalid": _("Enter an e-mail address like name@example.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters. Three words that only you would put together are good."),
        strip=False,
        error_messages={"required": _("Choose a password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_name(self) -> str:
        """
        Return the name with its spaces in order.

        :raises ValidationError: longer than `MAXIMUM_NAME`, or without any letter or digit
        """
        name = " ".join(str(self.cleaned_data["name"]).split())
        if len(name) > MAXIMUM_NAME:
            raise ValidationError(
                _("The name has %(length)d characters; %(maximum)d fit over the door."),
                params={"length": len(name), "maximum": MAXIMUM_NAME},
            )
        if not any(sign.isalnum() for sign in name):
            raise ValidationError(_("The name needs at least one letter or digit, in any script."))
        return name

    def clean_slug(self) -> str:
        """
        Return the address in lower case, or a suggestion where none was typed.

        :raises ValidationError: a mall cannot have it
        """
        slug = str(self.cleaned_data["slug"]).strip().lower()
        if not slug:
            return queries.suggested_address(str(self.cleaned_data.get("name", "")))
        if problem := queries.address_problem(slug, key=str(self.cleaned_data.get("key", ""))):
            raise ValidationError(problem)
        return slug

    def clean_email(self) -> str:
        """Return the address in lower case."""
        return str(self.cleaned_data["email"]).lower()

    def clean_time_zone(self) -> str:
        """Return the browser's time zone, or UTC when it is none that we know."""
        zone = str(self.cleaned_data["time_zone"])
        return zone if zone in _zones() else "UTC"

    def clean(self) -> dict[str, Any]:
        """
        Check the password beside the person it belongs to.

        :raises ValidationError: too short, too common, or like the name or e-mail address
        """
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            try:
                validate_password(password, User(email=cleaned.get("email"), name=str(cleaned.get("name", ""))))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class FindMallForm(forms.Form):
    """The hub's question: which mall?"""

    mall = forms.CharField(
        label=_("Address or name of your mall"),
        max_length=200,
        error_messages={"required": _("Type your mall's address, such as riverside.")},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
