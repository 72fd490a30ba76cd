"""What is asked before an account is opened, and how often the merchant is paid."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.payouts.models import PayoutTerms
from saas.ui.formats import babel_locale

# Countries in which Stripe opens accounts that platforms send money to: https://stripe.com/global
COUNTRIES = (
    "AE AT AU BE BG BR CA CH CY CZ DE DK EE ES FI FR GB GI GR HK HR HU IE IT JP LI LT LU LV MT MX MY NL NO NZ PL PT RO SE SG SI SK TH US"
).split()
_BY_CURRENCY = {
    "usd": "US", "eur": "DE", "gbp": "GB", "cad": "CA", "aud": "AU", "nzd": "NZ", "jpy": "JP", "sgd": "SG", "hkd": "HK",
    "chf": "CH", "sek": "SE", "nok": "NO", "dkk": "DK", "pln": "PL", "czk": "CZ", "mxn": "MX", "brl": "BR", "thb": "TH",
    "myr": "MY", "aed": "AE",
}  # fmt: skip


class CountryForm(forms.Form):
    """The country of the business: Stripe's page asks by it, and it cannot be changed later."""

    country = forms.ChoiceField(
        label=_("In which country is your business registered?"),
        help_text=_("It decides what Stripe asks, and cannot be changed later."),
    )

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        names = babel_locale().territories
        choices = sorted(((code, names.get(code, code)) for code in COUNTRIES), key=lambda pair: pair[1])
        field = self.fields["country"]
        field.choices = [("", "–"), *choices]  # type: ignore[attr-defined]  # a choice field
        field.initial = _BY_CURRENCY.get(currency.lower(), "")


class ScheduleForm(forms.Form):
    """How often."""

    schedule = forms.ChoiceField(
        label=_("How often is what is available sent to you?"),
        choices=PayoutTerms.Schedule.choices,
        widget=forms.RadioSelect,
    )
