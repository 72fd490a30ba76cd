"""The filters of credits and reports."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import CreditLine, Report


class CreditFilterForm(forms.Form):
    """The filter bar of credits."""

    q = forms.CharField(label=_("Mall or task"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("held", _("Held up")), *CreditLine.State.choices],
    )


class ReportFilterForm(forms.Form):
    """The filter bar of reports."""

    q = forms.CharField(label=_("Mall or contract"), required=False, max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *Report.Kind.choices])
    state = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("All")), ("missed", _("With missed work")), ("unread", _("Not read by the merchant"))],
    )
