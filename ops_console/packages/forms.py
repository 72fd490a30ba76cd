"""The forms of the catalogue and of a mall's package. Amounts are typed in major units."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.packages import queries
from billing.packages.catalogue import PackageDraft, PriceDraft
from billing.packages.models import Price, Subscription
from billing.packages.trade import named
from billing.packages.usage import MOST_UNITS, UseDraft
from billing.packages.used import UsedItem
from saas.kernel import money
from saas.ui.formats import format_money

CURRENCIES = [
    (code, code.upper()) for code in ("usd", "eur", "gbp", "cny", "hkd", "jpy", "krw", "sgd", "aud", "cad", "chf")
]


def _minor(form: forms.Form, name: str, currency: str) -> int | None:
    """Return an amount in minor units; a wrong one becomes an error of its field."""
    text = str(form.cleaned_data.get(name) or "").strip()
    try:
        return money.to_minor(text, currency) if text else None
    except money.AmountRefused as error:
        form.add_error(name, str(error))
        return None


class ModuleForm(forms.Form):
    """A service."""

    name = forms.CharField(label=_("Name"), max_length=80)
    summary = forms.CharField(label=_("What it is, in a sentence"), max_length=300, required=False)


class PriceForm(forms.Form):
    """A price of a module."""

    kind = forms.ChoiceField(label=_("How it is charged"), choices=Price.Kind.choices)
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES)
    amount = forms.CharField(label=_("Amount"), max_length=20)
    unit_name = forms.CharField(
        label=_("Unit"), help_text=_("For prices for each unit: a post, a visit."), max_length=40, required=False
    )
    counts = forms.ChoiceField(
        label=_("Units are counted"),
        help_text=_("People can always record and correct them too."),
        choices=Price.Counts.choices,
        required=False,
    )
    intro_amount = forms.CharField(label=_("Introductory amount"), max_length=20, required=False)
    intro_months = forms.IntegerField(label=_("For so many months"), min_value=0, max_value=36, required=False)

    def clean(self) -> dict[str, Any]:
        """Read the amounts in the price's currency."""
        cleaned = super().clean() or {}
        currency = cleaned.get("currency", "usd")
        cleaned["amount_minor"] = _minor(self, "amount", currency)
        cleaned["intro_amount_minor"] = _minor(self, "intro_amount", currency)
        return cleaned

    def draft(self) -> PriceDraft:
        """Return the price of a valid form."""
        data = self.cleaned_data
        return PriceDraft(
            kind=data["kind"],
            currency=data["currency"],
            amount_minor=data["amount_minor"] or 0,
            unit_name=data["unit_name"].strip(),
            counts=data["counts"],
            intro_amount_minor=data["intro_amount_minor"],
            intro_months=data["intro_months"] or 0,
        )


class PackageForm(forms.Form):
    """A package of prices."""

    name = forms.CharField(label=_("Name"), max_length=80)
    summary = forms.CharField(label=_("For whom, in a sentence"), max_length=300, required=False)
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES)
    minimum_months = forms.IntegerField(label=_("Runs at least, months"), min_value=1, max_value=60, initial=3)
    notice_days = forms.IntegerField(label=_("Notice to end it, days"), min_value=0, max_value=180, initial=30)
    prices = forms.MultipleChoiceField(label=_("What is in it"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["prices"].choices = [  # type: ignore[attr-defined]
            (
                price.public_id,
                f"{named(module.name)}: {format_money(price.amount_minor, price.currency)}, {str(price.get_kind_display()).lower()}"
                + (f" ({named(price.unit_name)})" if price.unit_name else ""),
            )
            for module in queries.modules()
            for price in module.prices.all()
            if price.retired_at is None
        ]

    def draft(self) -> PackageDraft:
        """Return the package of a valid form."""
        return PackageDraft(**self.cleaned_data)


class OfferForm(forms.Form):
    """Which package a mall is offered, and how it would pay."""

    package = forms.ChoiceField(label=_("Package"))
    pays_by = forms.ChoiceField(label=pgettext_lazy("how", "Paid"), choices=Subscription.PaysBy.choices)

    def __init__(self, data: Any = None, *, currency: str, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["package"].choices = queries.offerable(currency)  # type: ignore[attr-defined]


class UseForm(forms.Form):
    """Units that were used, or that are taken off."""

    price = forms.ChoiceField(label=_("Service"))
    units = forms.IntegerField(label=_("Units"), min_value=1, max_value=MOST_UNITS)
    what = forms.CharField(label=_("For what"), help_text=_("The merchant reads it."), min_length=3, max_length=200)
    key = forms.CharField(widget=forms.HiddenInput, max_length=26)

    def __init__(self, data: Any = None, *, items: Sequence[UsedItem], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["price"].choices = [  # type: ignore[attr-defined]
            (item.price, f"{named(item.module)}: {named(item.unit_name)}") for item in items
        ]

    def draft(self) -> UseDraft:
        """Return the units of a valid form."""
        data = self.cleaned_data
        return UseDraft(data["price"], data["units"], data["what"].strip(), f"by-hand:{data['key']}")


class TakeOffForm(UseForm):
    """Units of one record that were wrong."""

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, items=(), **options)
        del self.fields["price"]
        self.fields["units"].label = _("Units to take off")
        self.fields["what"].label = _("Why")

    def draft(self) -> UseDraft:
        """Return the units of a valid form; of what they are, the record says."""
        data = self.cleaned_data
        return UseDraft("", data["units"], data["what"].strip(), f"by-hand:{data['key']}")


class AmountForm(forms.Form):
    """A single item for the next invoice, or a credit."""

    amount = forms.CharField(label=_("Amount"), max_length=20)
    reason = forms.CharField(
        label=_("For what"), help_text=_("The merchant reads it on the invoice."), min_length=5, max_length=200
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=26)

    def __init__(self, data: Any = None, *, currency: str, **options: Any) -> None:
        super().__init__(data, **options)
        self.currency = currency

    def clean(self) -> dict[str, Any]:
        """Read the amount."""
        cleaned = super().clean() or {}
        cleaned["amount_minor"] = _minor(self, "amount", self.currency)
        if cleaned["amount_minor"] == 0:
            self.add_error("amount", _("An amount is more than zero."))
        return cleaned
