"""The filter of held refunds, and what is noted of one."""

from django import forms
from django.utils.translation import gettext_lazy as _


class FilterForm(forms.Form):
    """The filter bar of held refunds. `state` is kept while searching."""

    q = forms.CharField(label=_("Mall or order"), required=False, max_length=100)
    state = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)


class PayForm(forms.Form):
    """How the money was paid, and the second thought."""

    way = forms.CharField(
        label=_("How it was paid"),
        help_text=_(
            "The shopper reads it in a letter: by what, when, under which number. It stays in the books for good: name nobody, "
            "and no account."
        ),
        min_length=5,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say how it was paid."), "min_length": _("Say it in a sentence.")},
    )
    is_sure = forms.BooleanField(
        label=_("The money has left our bank."),
        error_messages={"required": _("Tick this when the money has left.")},
    )


class BackForm(forms.Form):
    """Why what was paid another way did not arrive."""

    reason = forms.CharField(
        label=_("Why it did not arrive"),
        min_length=5,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why."), "min_length": _("Say it in a sentence.")},
    )
