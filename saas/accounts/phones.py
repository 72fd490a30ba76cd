"""Phone numbers as people write them, stored as +12025550117."""

import phonenumbers
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


def normal(text: str) -> str:
    """Return the number in international form, or "" when the text is no phone number."""
    try:
        number = phonenumbers.parse(text, settings.PHONENUMBER_DEFAULT_REGION)
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
