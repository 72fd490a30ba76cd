"""The filters and questions of the finance pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.gateway.models import StripeEvent
from billing.gateway.signatures import ACCOUNT, CONNECT
from billing.ledger.models import Account
from billing.ledger.taxes import REFERENCE, PaymentDraft
from billing.payouts.models import Payout
from billing.payouts.operations import MOST_HOLD_DAYS
from billing.reconciliation.models import Break
from billing.settlements.models import Settlement, SettlementRun
from saas.kernel import money

from .naming import schema_of

REASON = 10
_ALL = ("", _("All"))


def a_day(label: object) -> forms.DateField:
    """Return an optional day."""
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))  # type: ignore[arg-type]


def a_reason(label: object, help_text: object = "") -> forms.CharField:
    """Return a question that wants a sentence."""
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        help_text=help_text,  # type: ignore[arg-type]
        min_length=REASON,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why."), "min_length": _("Say it in a sentence.")},
    )


class RunFilterForm(forms.Form):
    """The filter bar of settlement runs."""

    state = forms.ChoiceField(label=_("State"), required=False, choices=[_ALL, *SettlementRun.State.choices])
    since = a_day(pgettext_lazy("day", "From"))
    until = a_day(pgettext_lazy("day", "To"))


class SettlementFilterForm(forms.Form):
    """The filter bar of a run's settlements."""

    q = forms.CharField(label=_("Mall"), required=False, max_length=100)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[_ALL, *Settlement.State.choices])


class ApproveForm(forms.Form):
    """What the person saw when they approved."""

    seen_minor = forms.IntegerField(widget=forms.HiddenInput)


class DropForm(forms.Form):
    """Why a run is not carried out."""

    reason = a_reason(_("Why it is not carried out"), _("The money stays available and is in the next run."))


class PayoutFilterForm(forms.Form):
    """The filter bar of payouts."""

    q = forms.CharField(label=_("Mall or payout"), required=False, max_length=100)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[_ALL, *Payout.State.choices])
    since = a_day(pgettext_lazy("day", "From"))
    until = a_day(pgettext_lazy("day", "To"))


class PayoutMallFilterForm(forms.Form):
    """The filter bar of malls and how they are paid."""

    q = forms.CharField(label=_("Mall"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            _ALL,
            ("ready", _("Can be paid")),
            ("stopped", _("Stopped by us")),
            ("trouble", _("Stripe wants something")),
            ("none", _("No account")),
        ],
    )


class StopForm(forms.Form):
    """Why a mall is sent nothing."""

    reason = a_reason(
        _("Why nothing is to be sent"), _("It stands in the log. Money that is already on its way is not stopped.")
    )


class HoldForm(forms.Form):
    """How many days an earning waits."""

    days = forms.IntegerField(
        label=_("Days between a redemption and its money being available"), min_value=0, max_value=MOST_HOLD_DAYS
    )
    reason = a_reason(_("Why"), _("It stands in the log. It holds for redemptions from now on."))


class EventFilterForm(forms.Form):
    """The filter bar of the payments inbox."""

    q = forms.CharField(label=_("Event, object, account, mall or kind"), required=False, max_length=120)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[_ALL, ("trouble", _("Failed or quarantined")), *StripeEvent.State.choices],
    )
    endpoint = forms.ChoiceField(
        label=_("Endpoint"),
        required=False,
        choices=[_ALL, (ACCOUNT, _("Our own account")), (CONNECT, _("Merchants’ accounts"))],
    )
    since = a_day(pgettext_lazy("day", "From"))
    until = a_day(pgettext_lazy("day", "To"))


class CloseEventForm(forms.Form):
    """Why nothing is to be done about an event."""

    reason = a_reason(_("Why nothing is to be done"), _("It stands in the log. It can be replayed later all the same."))


class BreakFilterForm(forms.Form):
    """The filter bar of reconciliation."""

    q = forms.CharField(label=_("Thing or mall"), required=False, max_length=120)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Open")), ("all", _("All")), *Break.State.choices[1:]]
    )
    kind = forms.ChoiceField(label=_("Class"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    age = forms.ChoiceField(
        label=_("Age"),
        required=False,
        choices=[_ALL, ("1", _("More than a day")), ("3", _("More than 3 days")), ("7", _("More than a week"))],
    )

    def __init__(
        self, data: Any = None, *, kinds: list[tuple[str, str]], owners: list[tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.fields["kind"].choices = [_ALL, *kinds]  # type: ignore[attr-defined]
        known = [("mine", _("Mine")), ("nobody", _("Nobody"))]
        self.fields["owner"].choices = [_ALL, *known, *owners]  # type: ignore[attr-defined]


class AssignForm(forms.Form):
    """Whose break it is."""

    person = forms.ChoiceField(label=_("Give it to"))

    def __init__(self, data: Any = None, *, people: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["person"].choices = people  # type: ignore[attr-defined]


class ExplainForm(forms.Form):
    """How a break is closed."""

    explanation = a_reason(
        _("Why the two sides differ"), _("It is closed by your words. It comes back if the amounts change.")
    )
    journal_id = forms.CharField(
        label=_("Journal that settled it"),
        help_text=_("Its number, from the books; empty if none did."),
        required=False,
        max_length=26,
    )


class BalanceForm(forms.Form):
    """Which accounts, at which instant."""

    at = forms.DateTimeField(
        label=_("As of (UTC; empty: now)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
    )
    kind = forms.ChoiceField(label=_("Account"), required=False, choices=[_ALL, *Account.Kind.choices])
    currency = forms.CharField(label=_("Currency"), required=False, max_length=3)
    q = forms.CharField(label=_("Mall"), required=False, max_length=100)


class StatementForm(forms.Form):
    """An account and a period; the last day is included."""

    kind = forms.ChoiceField(label=_("Account"), choices=Account.Kind.choices)
    mall = forms.CharField(label=_("Mall (empty: the platform)"), required=False, max_length=100)
    currency = forms.CharField(label=_("Currency"), max_length=3)
    since = a_day(pgettext_lazy("day", "From"))
    until = a_day(pgettext_lazy("day", "To"))

    def clean_mall(self) -> str:
        """Return the mall's schema; people may write its name or address."""
        return schema_of(self.cleaned_data["mall"].strip()) if self.cleaned_data["mall"] else ""


class LinesForm(forms.Form):
    """What an export of all transfers covers; the last day is included."""

    mall = forms.CharField(label=_("Mall (empty: all)"), required=False, max_length=100)
    since = a_day(pgettext_lazy("day", "From"))
    until = a_day(pgettext_lazy("day", "To"))

    def clean_mall(self) -> str:
        """Return the mall's schema; people may write its name or address."""
        return schema_of(self.cleaned_data["mall"].strip()) if self.cleaned_data["mall"] else ""


class CorrectionForm(forms.Form):
    """Why a journal is wrong."""

    reason = a_reason(_("Why this journal is wrong"), _("A second person reads it, and it stands in the books."))


class TaxFilterForm(forms.Form):
    """Which months of the tax on commissions; whole months are shown."""

    since = a_day(pgettext_lazy("day", "From"))
    until = a_day(pgettext_lazy("day", "To"))


class TaxPaymentForm(forms.Form):
    """A payment to the tax office that was made."""

    currency = forms.ChoiceField(label=_("Currency"))
    amount = forms.CharField(label=_("Amount"), max_length=20)
    month = forms.DateField(
        label=_("For the month"),
        help_text=_("As year and month: 2026-11."),
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
    )
    reference = forms.CharField(
        label=_("Reference"),
        help_text=_("The bank’s or the tax office’s: by it the payment is found again."),
        max_length=REFERENCE,
    )

    def __init__(self, data: Any = None, *, currencies: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["currency"].choices = currencies  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Read the amount in its currency."""
        cleaned = super().clean() or {}
        if cleaned.get("amount") and cleaned.get("currency"):
            try:
                cleaned["amount_minor"] = money.to_minor(cleaned["amount"], cleaned["currency"])
            except money.AmountRefused as error:
                self.add_error("amount", str(error))
        return cleaned

    def draft(self) -> PaymentDraft:
        """Return what was typed; call it when the form is valid."""
        data = self.cleaned_data
        return PaymentDraft(data["currency"], data["month"], data["amount_minor"], data["reference"])
