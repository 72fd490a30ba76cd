"""Form fields of the back office."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.kernel import money
from saas.kernel.money import AmountRefused
from storefront.catalog.imports import values


class MoneyField(forms.CharField):
    """An amount that a person writes in major units ("12.50", "12,50"); its value is minor units of `currency`, or None."""

    def __init__(self, *, currency: str, **options: Any) -> None:
        self.currency = currency
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=24, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        """Read the amount."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return values.price(text, self.currency).minor
        except AmountRefused as error:
            raise forms.ValidationError(str(error), code="amount") from error

    def prepare_value(self, value: Any) -> Any:
        """Write minor units as people do; leave what was typed."""
        return str(money.to_major(value, self.currency)) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as amounts are written."""
        return str(self.prepare_value(initial) or "") != str(data or "")


# Beyond them clocks of other zones run out of years.
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_OUT_OF_REACH = gettext_lazy("Choose a day between 1900 and 2200.")


class MomentField(forms.DateTimeField):
    """An instant on the mall's clock, to the minute."""

    default_validators = [MinValueValidator(FIRST, _OUT_OF_REACH), MaxValueValidator(LAST, _OUT_OF_REACH)]

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(
            widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **options
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare to the minute: seconds are not shown, so that nobody changed them."""
        if isinstance(initial, datetime):
            initial = initial.replace(second=0, microsecond=0)
        return bool(super().has_changed(initial, data))


class DayField(forms.DateField):
    """A day of the mall's calendar."""

    default_validators = [
        MinValueValidator(FIRST.date(), _OUT_OF_REACH),
        MaxValueValidator(LAST.date(), _OUT_OF_REACH),
    ]

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class HtmlTimeInput(forms.TimeInput):
    """A time of day as browsers ask for it."""

    input_type = "time"


def after_day(last: date | None) -> datetime | None:
    """Return the exclusive end of a last day: the midnight after it, on the mall's clock."""
    return start_of_day(last + timedelta(days=1)) if last else None


def start_of_day(first: date | None) -> datetime | None:
    """Return the midnight at which a day begins, on the mall's clock."""
    return timezone.make_aware(datetime.combine(first, time())) if first else None


def last_day(end_at: datetime | None) -> date | None:
    """Return the last day before an exclusive end."""
    return timezone.localtime(end_at - timedelta(microseconds=1)).date() if end_at else None


def first_day(start_at: datetime | None) -> date | None:
    """Return the day of an instant."""
    return timezone.localtime(start_at).date() if start_at else None


def currency_label(text: object, currency: str) -> str:
    """Name the currency in a label: "Price (USD)"."""
    return _("%(label)s (%(currency)s)") % {"label": text, "currency": currency.upper()}
