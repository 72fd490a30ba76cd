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
        choices=[
            ("", _("All")),
            (CreditLine.State.HELD, _("Held up")),
            *(one for one in CreditLine.State.choices if one[0] != CreditLine.State.HELD),
        ],
    )


class SettleForm(forms.Form):
    """How a credit that is held up was settled."""

    why = forms.CharField(
        label=_("How it was settled"),
        help_text=_(
            "What was paid and when, or what was agreed with the merchant, who reads it. It holds with a second person’s yes."
        ),
        max_length=200,
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
