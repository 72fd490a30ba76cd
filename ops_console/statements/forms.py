"""The filter of statements, and finance's answer."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.statements.models import Statement
from billing.statements.queries import Wanted


class StatementFilter(forms.Form):
    """By mall, state and month."""

    q = forms.CharField(label=_("Mall"), required=False, max_length=100)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *Statement.State.choices])
    month = forms.DateField(
        label=_("Month"),
        required=False,
        input_formats=["%Y-%m"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
    )

    def wanted(self) -> Wanted:
        """Return the filter; what cannot be read filters nothing."""
        self.is_valid()
        data = self.cleaned_data
        state, month = data.get("state") or "", data.get("month")
        first_day = date(month.year, month.month, 1) if month else None
        return Wanted(states=(state,) if state else (), first_day=first_day, text=(data.get("q") or "").strip())


class AnswerForm(forms.Form):
    """What finance answers."""

    text = forms.CharField(
        label=_("Your answer"),
        help_text=_(
            "The merchant gets it by mail. The figures stay: correct the books, and the next statement says so."
        ),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write what it is about.")},
    )
