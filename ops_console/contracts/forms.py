"""Forms of contracts for both sides."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SignForm(forms.Form):
    """A signature: the name, and the hash of the text that was on the screen."""

    name = forms.CharField(
        label=_("Your full name"),
        help_text=_(
            "Typed here it is your signature. The instant, this device's address and the text's fingerprint are kept with it."
        ),
        max_length=160,
        error_messages={"required": _("Type your full name. It is your signature.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    is_read = forms.BooleanField(
        label=_("I have read the text and agree to it"),
        error_messages={"required": _("Read the text first, then tick this.")},
    )
    text_hash = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Why?"), max_length=300, min_length=3, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: object, help_text: object = "", is_required: bool = True, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["reason"].help_text = str(help_text)
        self.fields["reason"].required = is_required
