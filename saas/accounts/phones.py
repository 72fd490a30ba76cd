"""Phone numbers as people of the mall's country write them, stored as +12025550117."""

import phonenumbers
from babel.core import get_global
from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from saas.kernel.database import connection


def region() -> str:
    """
    Return the country (ISO 3166) whose numbers need no code here: the one of the mall's time zone, else the installation's.

    Source: CLDR's territories of time zones. On the platform, and where a zone is of no country, it is `PHONENUMBER_DEFAULT_REGION`.
    """
    zone = getattr(getattr(connection, "tenant", None), "time_zone", "")
    found: str = get_global("zone_territories").get(zone) or settings.PHONENUMBER_DEFAULT_REGION
    return found if found in phonenumbers.SUPPORTED_REGIONS else settings.PHONENUMBER_DEFAULT_REGION


def _example() -> str:
    number = phonenumbers.example_number_for_type(region(), phonenumbers.PhoneNumberType.MOBILE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL) if number else "+1 202 555 0117"


example = lazy(_example, str)


def normal(text: str) -> str:
    """Return the number in international form, or "" when the text is no phone number."""
    try:
        number = phonenumbers.parse(text, region())
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class PhoneField(forms.CharField):
    """Takes a number in national or international form and gives the international one."""

    default_error_messages = {
        "invalid": _("Enter a phone number, with country code if it is from abroad: +1 202 555 0117.")
    }

    def __init__(self, **options: object) -> None:
        options.setdefault("label", _("Phone number"))
        options.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}))
        super().__init__(**options)  # type: ignore[arg-type]

    def clean(self, value: object) -> str:
        """
        Return the international form; "" when empty and not required.

        :raises ValidationError: not a phone number
        """
        text = str(super().clean(value))
        number = normal(text) if text else ""
        if text and not number:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return number


class LocalPhoneField(PhoneNumberField):
    """Like `PhoneNumberField`, of the mall's country wherever the form is used; shows a number with its country's code."""

    default_error_messages = {
        "invalid": format_lazy(
            _("Enter a phone number such as {example}, or one with its country's code."), example=example()
        )
    }

    def __init__(self, **options: object) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}))
        super().__init__(**options)

    @property
    def region(self) -> str:
        """The country of the mall that is entered now."""
        return region()

    @region.setter
    def region(self, _given: object) -> None:
        """Leave out what the library sets when a form's class is made: no mall is entered then."""
