"""What is asked before a mall is opened."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from .operations import MINUTES


class OpenForm(forms.Form):
    """A reason and a time limit. The operation decides whether they will do."""

    reason = forms.CharField(
        label=_("Why do you go in?"),
        help_text=_("One sentence. The merchant reads it in the banner and in the log."),
        max_length=300,
        error_messages={"required": _("Say in a sentence why you go in. The merchant reads it.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    minutes = forms.TypedChoiceField(
        label=_("For how long?"),
        coerce=int,
        choices=[(count, ngettext_lazy("%d minute", "%d minutes", count) % count) for count in MINUTES],
        initial=30,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the times."), "invalid_choice": _("Choose one of the times.")},
    )


class FilterForm(forms.Form):
    """The filter bar of the list of visits."""

    q = forms.CharField(label=_("Person, mall or reason"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("open", pgettext_lazy("visit", "Open now")), ("ended", _("Ended"))],
    )
