"""The console's filters and questions."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tenants.registry.models import Tenant, Trade

from .queries import MAINTENANCE


class MallFilterForm(forms.Form):
    """The filter bar of the list of malls."""

    q = forms.CharField(label=_("Name, address or owner"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *Tenant.Status.choices, (MAINTENANCE, _("In maintenance"))],
    )
    trade = forms.ChoiceField(label=_("Trade"), required=False, choices=[("", _("All")), *Trade.choices])
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[("sales", _("Most sold")), ("name", _("Name")), ("last", _("Last sale")), ("new", _("Newest"))],
    )


class AuditFilterForm(forms.Form):
    """The filter bar of the audit."""

    q = forms.CharField(label=_("Who, what or where"), required=False, max_length=100)
    action = forms.ChoiceField(
        label=_("About"),
        required=False,
        choices=[
            ("", _("Everything")),
            ("mall.", _("Malls")),
            ("visit.", _("Visits")),
            ("lead.", _("Leads")),
            ("credit.", _("Credits for missed work")),
            ("event.", _("Events")),
            ("refund.", _("Refunds held up")),
            ("settlement.", _("Settlement runs")),
            ("payouts.", _("Payouts")),
            ("break.", _("Reconciliation")),
            ("correction.", _("Corrections of the books")),
        ],
    )
    since = forms.DateField(
        label=pgettext_lazy("day", "From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=pgettext_lazy("day", "To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class SuspendForm(forms.Form):
    """Why a mall's sales are stopped."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands in the log, and the merchant is told."),
        min_length=10,
        max_length=200,
        error_messages={"required": _("Say why."), "min_length": _("Say it in a sentence.")},
    )
