"""The console's forms of quotes and contracts. Amounts are typed in major units."""

from collections.abc import Container
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.packages import queries as packages
from billing.packages.models import Price, Subscription
from billing.packages.trade import named
from ops_console.mandates import roles
from saas.accounts.models import User
from saas.kernel import money
from saas.ui.formats import format_money

from . import words
from .drafting import Terms
from .models import Contract
from .quoting import OwnLine, new_line

_DAY = {"type": "date"}
_KINDS = [(Price.Kind.MONTHLY, _("Each month")), (Price.Kind.ONE_OFF, _("Once, at the start"))]


def minor_of(form: forms.Form, name: str, currency: str) -> int | None:
    """Return an amount in minor units; a wrong one becomes an error of its field."""
    text = str(form.cleaned_data.get(name) or "").strip()
    try:
        return money.to_minor(text, currency) if text else None
    except money.AmountRefused as error:
        form.add_error(name, str(error))
        return None


def _own_minor(form: forms.Form, currency: str) -> int | None:
    """Return the amount of a line of its own; without its text, or the text without an amount, it is an error."""
    amount_minor = minor_of(form, "own_amount", currency)
    if "own_amount" not in form.errors and bool(amount_minor) != bool(form.cleaned_data.get("own_what")):
        form.add_error("own_amount", _("A line of its own has a text and an amount."))
    return amount_minor


class FilterForm(forms.Form):
    """The filter bar of the list of contracts."""

    q = forms.CharField(label=_("Mall, title or number"), required=False, max_length=80)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *Contract.State.choices])
    waits = forms.ChoiceField(
        label=_("Waits for"),
        required=False,
        choices=[("", _("Anybody")), ("merchant", _("The merchant")), ("agency", _("The agency"))],
    )


class QuoteForm(forms.Form):
    """What a mall is quoted: a package's prices, prices one by one, a line of its own."""

    title = forms.CharField(
        label=_("Title"), help_text=_("It heads the contract."), max_length=80, initial=_("Hosting")
    )
    language = forms.ChoiceField(label=_("Language of the contract"), choices=list(words.LANGUAGES.items()))
    package = forms.ChoiceField(label=_("Package"), required=False)
    prices = forms.MultipleChoiceField(
        label=_("Or modules, one by one"), required=False, widget=forms.CheckboxSelectMultiple
    )
    own_what = forms.CharField(label=_("A line of its own: what"), max_length=80, required=False)
    own_kind = forms.ChoiceField(label=_("How it is charged"), choices=_KINDS, required=False)
    own_amount = forms.CharField(label=_("Amount"), max_length=20, required=False)
    minimum_months = forms.IntegerField(label=_("Runs at least, months"), min_value=1, max_value=60)
    notice_days = forms.IntegerField(label=_("Notice to end it, days"), min_value=0, max_value=180, initial=30)

    def __init__(self, data: Any = None, *, currency: str, language: str) -> None:
        first = {"language": words.language_of(language), "minimum_months": settings.HOSTING_MINIMUM_MONTHS}
        super().__init__(data, initial=first)
        self.currency = currency
        offered = packages.offerable(currency)
        self.fields["package"].choices = [("", _("None")), *offered]  # type: ignore[attr-defined]
        self.fields["prices"].choices = [  # type: ignore[attr-defined]
            (
                price.public_id,
                f"{named(module.name)}: {format_money(price.amount_minor, price.currency)}, {str(price.get_kind_display()).lower()}"
                + (f" ({named(price.unit_name)})" if price.unit_name else ""),
            )
            for module in packages.modules()
            for price in module.prices.all()
            if price.retired_at is None and price.currency == currency
        ]

    def clean_minimum_months(self) -> int:
        """Refuse here what no contract of the quote could have."""
        months, least = int(self.cleaned_data["minimum_months"]), settings.HOSTING_MINIMUM_MONTHS
        if months < least:
            raise forms.ValidationError(
                _("A hosting contract runs at least %(months)d months."), params={"months": least}
            )
        return months

    def clean(self) -> dict[str, Any]:
        """Read the line of its own."""
        cleaned = super().clean() or {}
        amount_minor = _own_minor(self, self.currency)
        what, kind = cleaned.get("own_what", ""), cleaned.get("own_kind") or Price.Kind.MONTHLY
        cleaned["own"] = (OwnLine(what, kind, amount_minor),) if amount_minor and what else ()
        return cleaned


class TermsForm(forms.Form):
    """When a contract begins and ends."""

    starts_on = forms.DateField(label=_("Begins on"), widget=forms.DateInput(attrs=_DAY))
    ends_on = forms.DateField(
        label=_("Is over on"),
        help_text=_("The first day after it. Empty: it runs until one side ends it with notice."),
        required=False,
        widget=forms.DateInput(attrs=_DAY),
    )
    minimum_months = forms.IntegerField(label=_("Runs at least, months"), min_value=1, max_value=60)
    notice_days = forms.IntegerField(label=_("Notice to end it, days"), min_value=0, max_value=180)

    def terms(self) -> Terms:
        """Return the times of a valid form."""
        return Terms(
            **{name: self.cleaned_data[name] for name in ("starts_on", "ends_on", "minimum_months", "notice_days")}
        )


class CommissionForm(TermsForm):
    """What makes a quote a contract: when, who answers for it, how it is paid."""

    account_manager = forms.ModelChoiceField(label=_("Account manager"), queryset=User.objects.none())
    operator = forms.ModelChoiceField(
        label=_("Tasks fall to"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("The account manager"),
    )
    pays_by = forms.ChoiceField(
        label=pgettext_lazy("how", "Paid"), choices=Subscription.PaysBy.choices, initial="invoice"
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        people = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name__in=roles.MAY_SELL)
        self.fields["account_manager"].queryset = people.distinct().order_by("name")  # type: ignore[attr-defined]
        working = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name__in=roles.MAY_VISIT)
        self.fields["operator"].queryset = working.distinct().order_by("name")  # type: ignore[attr-defined]


class VersionForm(forms.Form):
    """What an amendment changes, from when; and what nobody does alone."""

    effective_on = forms.DateField(label=_("Holds from"), widget=forms.DateInput(attrs=_DAY))
    note = forms.CharField(
        label=_("What changes, in a sentence"),
        help_text=_("The merchant reads it first."),
        max_length=300,
        required=False,
    )
    refund = forms.CharField(label=_("Largest refund without a second person"), max_length=20)
    refund_day = forms.CharField(
        label=_("Most that is refunded on one day without a second person"),
        help_text=_("Of all of the agency’s people together, by the mall’s clock."),
        max_length=20,
    )
    price_cut_percent = forms.IntegerField(
        label=_("Largest price cut without a second person, in percent"), min_value=0, max_value=100
    )
    coupon_uses = forms.IntegerField(label=_("Most uses of a promotion code without a second person"), min_value=0)

    def __init__(self, data: Any = None, *, currency: str, is_amendment: bool, **options: Any) -> None:
        super().__init__(data, **options)
        self.currency = currency
        if not is_amendment:
            del self.fields["effective_on"], self.fields["note"]

    def clean(self) -> dict[str, Any]:
        """Read the limits of refunds."""
        cleaned = super().clean() or {}
        cleaned["refund_minor"] = minor_of(self, "refund", self.currency) or 0
        cleaned["refund_day_minor"] = minor_of(self, "refund_day", self.currency) or 0
        if not self.errors and cleaned["refund_day_minor"] < cleaned["refund_minor"]:
            self.add_error("refund_day", _("A day’s limit is not less than that of one refund."))
        return cleaned

    def limits(self) -> dict[str, int]:
        """Return the limits of a valid form."""
        names = ("refund_minor", "refund_day_minor", "price_cut_percent", "coupon_uses")
        return {name: self.cleaned_data[name] for name in names}


class PricesForm(forms.Form):
    """
    The amount of each line, and a line more. An empty amount takes a line away; what was charged once (`charged`: prices) stays as it is.
    """

    def __init__(
        self, data: Any = None, *, lines: list[dict[str, Any]], currency: str, charged: Container[str]
    ) -> None:
        super().__init__(data)
        self.lines, self.currency = lines, currency
        for place, line in enumerate(lines):
            label = f"{line['module']}, {str(Price.Kind(line['kind']).label).lower()}"
            initial = money.to_major(line["amount_minor"], currency)
            is_charged = line["price"] in charged
            self.fields[f"line_{place}"] = forms.CharField(
                label=label,
                help_text=_("Charged once already. Add a line of its own for what comes on top.") if is_charged else "",
                required=False,
                disabled=is_charged,
                max_length=20,
                initial=initial,
            )
        self.fields["own_what"] = forms.CharField(label=_("A line of its own: what"), max_length=80, required=False)
        self.fields["own_kind"] = forms.ChoiceField(label=_("How it is charged"), choices=_KINDS, required=False)
        self.fields["own_amount"] = forms.CharField(label=_("Amount"), max_length=20, required=False)

    def clean(self) -> dict[str, Any]:
        """Read the amounts."""
        cleaned = super().clean() or {}
        cleaned["amounts"] = [minor_of(self, f"line_{place}", self.currency) for place in range(len(self.lines))]
        cleaned["own_minor"] = _own_minor(self, self.currency)
        return cleaned

    def prices(self) -> list[dict[str, Any]]:
        """Return the lines of a valid form. A changed amount makes another price of it, so that an invoice never mixes the two."""
        data, found = self.cleaned_data, []
        for line, amount_minor in zip(self.lines, data["amounts"], strict=True):
            if amount_minor == line["amount_minor"]:
                found.append(line)
            elif amount_minor:
                found.append(new_line(OwnLine(line["module"], line["kind"], amount_minor), unit_name=line["unit_name"]))
        if data["own_minor"] and data["own_what"]:
            found.append(new_line(OwnLine(data["own_what"], data["own_kind"] or Price.Kind.MONTHLY, data["own_minor"])))
        return found


class AmendForm(forms.Form):
    """From when a new version holds."""

    effective_on = forms.DateField(
        label=_("Holds from"),
        help_text=_("Today or later. What was before stays as it was."),
        widget=forms.DateInput(attrs=_DAY),
    )

    def __init__(self, data: Any = None, *, proposed: date | None) -> None:
        super().__init__(data, initial={"effective_on": proposed})
        if proposed is not None:
            self.fields["effective_on"].help_text = _(
                "Proposed is the first day of a month of this contract that leaves both sides the %(days)d days for an answer: work and "
                "prices change together then. Any day from today on can be chosen; both have to sign by then. What was before stays as it "
                "was."
            ) % {"days": settings.HOSTING_ANSWER_DAYS}

    def day(self) -> date:
        """Return the day of a valid form."""
        found: date = self.cleaned_data["effective_on"]
        return found
