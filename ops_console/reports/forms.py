"""The filters of credits and reports."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import CreditLine


class CreditFilterForm(forms.Form):
    """The filter bar of credits."""

    q = forms.CharField(label=_("Mall or task"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("held", _("Held up")), *CreditLine.State.choices],
    )
