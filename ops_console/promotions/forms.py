"""The form of an offer of which the platform bears a share."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from saas.kernel import money
from storefront.promotions.checks import Draft
from storefront.promotions.claiming import bare
from storefront.promotions.models import Promotion
from tenants.registry.models import Tenant

REASON = 10
# Names of a draft's fields that the form calls otherwise.
NAMES = {
    "rate_bp": "percent",
    "amount_minor": "amount",
    "budget_minor": "budget",
    "starts_at": "first_day",
    "ends_at": "last_day",
    "minimum_minor": "minimum",
}


def _day(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}), **options)


class OfferForm(forms.Form):
    """A promotion for everything that a mall sells; amounts in its currency, days on its clock (first day; last day included)."""

    code = forms.CharField(
        label=_("Code"), max_length=24, help_text=_("Letters, digits and hyphens, as shoppers type it.")
    )
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("As the merchant reads it: “Opening week”."))
    percent = forms.DecimalField(label=_("Percent off"), required=False, min_value=0, max_value=100, decimal_places=2)
    amount = forms.CharField(label=_("Or amount off"), required=False, max_length=20)
    share = forms.DecimalField(
        label=_("Of it the platform bears, %"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=100,
        help_text=_("The merchant bears the rest."),
    )
    budget = forms.CharField(
        label=_("Budget"), max_length=20, help_text=_("The most that all uses take off together, whoever bears it.")
    )
    minimum = forms.CharField(label=_("For orders from"), required=False, max_length=20)
    uses_per_shopper = forms.IntegerField(label=_("Uses for each shopper"), required=False, min_value=1, initial=1)
    is_first_order_only = forms.BooleanField(label=_("Only for a shopper's first order"), required=False)
    first_day = _day(_("First day"))
    last_day = _day(_("Last day"), required=False, help_text=_("Empty: no end."))
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("The merchant reads it."),
        min_length=REASON,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"min_length": _("Say it in a sentence.")},
    )

    def __init__(self, data: Any = None, *, tenant: Tenant, **options: Any) -> None:
        super().__init__(data, **options)
        self.tenant = tenant

    def clean_amount(self) -> int:
        """Return minor units."""
        return self._amount("amount")

    def clean_budget(self) -> int:
        """Return minor units."""
        return self._amount("budget")

    def clean_minimum(self) -> int:
        """Return minor units."""
        return self._amount("minimum")

    def _amount(self, name: str) -> int:
        text = str(self.cleaned_data[name]).strip()
        try:
            return money.to_minor(text, self.tenant.currency) if text else 0
        except money.AmountRefused as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Ask for percent or amount, one of them."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and bool(cleaned.get("percent")) == bool(cleaned.get("amount")):
            self.add_error("percent", _("Write either a percentage or an amount."))
        return cleaned

    def blame(self, problems: list[Any]) -> None:
        """Put what an operation refused beside the fields that it is about."""
        for problem in problems:
            name = NAMES.get(problem.field, problem.field)
            self.add_error(name if name in self.fields else None, problem.text)

    def draft(self, *, now: datetime) -> Draft:
        """Return the promotion of a valid form; a first day of today starts now."""
        data, zone = self.cleaned_data, ZoneInfo(self.tenant.time_zone)
        is_today = data["first_day"] == now.astimezone(zone).date()
        last = data["last_day"]
        kind = Promotion.Kind.PERCENT if data["percent"] else Promotion.Kind.AMOUNT
        return Draft(
            code=bare(data["code"]),
            name=data["name"],
            kind=kind,
            rate_bp=int((data["percent"] or Decimal(0)) * 100),
            amount_minor=data["amount"],
            starts_at=now if is_today else _midnight(data["first_day"], zone),
            ends_at=_midnight(last + timedelta(days=1), zone) if last else None,
            minimum_minor=data["minimum"],
            uses_per_shopper=data["uses_per_shopper"],
            budget_minor=data["budget"] or None,
            is_first_order_only=data["is_first_order_only"],
            platform_share_bp=int(data["share"] * 100),
        )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
