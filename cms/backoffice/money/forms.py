"""Which lines of the books."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.ledger.queries import LineFilter
from cms.backoffice import fields
from tenants.isolation.current import mall

from .queries import KINDS, STATES, Kind


class LinesFilter(forms.Form):
    """State of money, kind and period; dates are days of the mall's calendar, the last one included."""

    q = forms.CharField(label=_("Search"), required=False, max_length=80)
    account = forms.ChoiceField(
        label=_("State of money"),
        required=False,
        choices=[("", _("All")), *((kind, label) for kind, label, _text in STATES)],
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("money", "What happened"), required=False, choices=[("", _("All")), *KINDS.items()]
    )
    since = fields.DayField(label=pgettext_lazy("day", "From"), required=False)
    until = fields.DayField(label=pgettext_lazy("day", "To"), required=False)

    def wanted(self) -> LineFilter:
        """Return the filter; what cannot be read filters nothing."""
        self.is_valid()
        data = self.cleaned_data
        account = data.get("account") or ""
        kinds: tuple[str, ...] = (data["kind"],) if data.get("kind") else ()
        if account == Kind.MERCHANT_STRIPE:  # what has reached the bank, not what is on its way through
            kinds = kinds or ("payout_paid", "payout_paid_reversed")
        return LineFilter(
            schema=mall().schema_name,
            text=(data.get("q") or "").strip(),
            account=account,
            kinds=kinds,
            since=fields.start_of_day(data.get("since")),
            until=fields.after_day(data.get("until")),
        )
