"""The form of an offer."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from billing.jurisdictions import rules as jurisdictions
from saas.kernel import money
from storefront.terms.operations import TermDraft
from tenants.registry.models import Tenant

REASON = 10


def _percent(label: Any, *, required: bool) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=required, min_value=0, max_value=100, decimal_places=2)


class OfferForm(forms.Form):
    """A rule to offer: rates in percent, limits in the mall's currency, days on the mall's clock (first day; last day included)."""

    name = forms.CharField(
        label=_("Name of the rule"), help_text=_("As the merchant reads it: “Winter rate”."), max_length=40
    )
    what = forms.ChoiceField(label=_("For"))
    # For gettext, xgettext:no-python-format
    rate = _percent(_("Commission, % of the sale"), required=True)
    # For gettext, xgettext:no-python-format
    tax_rate = _percent(_("Tax on the commission, % of it, on top"), required=False)
    # For gettext, xgettext:no-python-format
    agency_rate = _percent(_("Agency's share, % of the sale"), required=False)
    minimum = forms.CharField(label=_("At least, for each order line"), required=False, max_length=20)
    maximum = forms.CharField(label=_("At most, for each order line"), required=False, max_length=20)
    first_day = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(
        label=_("Last day"),
        help_text=_("Empty: no end."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    is_replacing = forms.BooleanField(label=_("It replaces rules for the same thing while it runs"), required=False)
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("The merchant reads it."),
        min_length=REASON,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"min_length": _("Say it in a sentence.")},
    )

    def __init__(self, data: Any = None, *, tenant: Tenant, scopes: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.tenant = tenant
        self.fields["what"].choices = scopes  # type: ignore[attr-defined]
        place, tax = jurisdictions.of_currency(tenant.currency), self.fields["tax_rate"]
        tax.initial = Decimal(jurisdictions.commission_tax_bp(tenant.currency)) / 100
        tax.help_text = format_lazy("{} {}", place.commission_tax_reason, jurisdictions.DISCLAIMER)

    def clean_minimum(self) -> int | None:
        """Return the limit in minor units."""
        return self._amount("minimum")

    def clean_maximum(self) -> int | None:
        """Return the limit in minor units."""
        return self._amount("maximum")

    def _amount(self, name: str) -> int | None:
        text = str(self.cleaned_data[name]).strip()
        try:
            return money.to_minor(text, self.tenant.currency) if text else None
        except money.AmountRefused as error:
            raise forms.ValidationError(str(error)) from error

    def draft(self, *, now: datetime) -> TermDraft:
        """Return the rule of a valid form; a first day of today starts now."""
        data, zone = self.cleaned_data, ZoneInfo(self.tenant.time_zone)
        scope, _colon, scope_id = str(data["what"]).partition(":")
        is_today = data["first_day"] == now.astimezone(zone).date()
        last = data["last_day"]
        return TermDraft(
            name=data["name"],
            rate_bp=_basis_points(data["rate"]),
            tax_rate_bp=_basis_points(data["tax_rate"]),
            agency_rate_bp=_basis_points(data["agency_rate"]),
            starts_at=now if is_today else _midnight(data["first_day"], zone),
            ends_at=_midnight(last + timedelta(days=1), zone) if last else None,
            scope=scope,
            scope_id=scope_id,
            minimum_minor=data["minimum"] or 0,
            maximum_minor=data["maximum"],
            is_replacing=data["is_replacing"],
        )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _basis_points(percent: Decimal | None) -> int:
    return int((percent or Decimal(0)) * 100)
