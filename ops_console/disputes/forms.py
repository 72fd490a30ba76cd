"""The filter of disputes and the texts of the evidence."""

from django import forms
from django.utils.translation import gettext_lazy as _

from storefront.disputes import wording
from storefront.disputes.evidence import FIELDS
from storefront.disputes.operations import LONGEST_FIELD

_LONG = {"product_description": 4, "access_activity_log": 10, "refund_policy_disclosure": 5}
_SHORT = ("customer_name", "customer_email_address", "customer_purchase_ip", "service_date")


class FilterForm(forms.Form):
    """The filter bar of disputes. `state` is kept while searching."""

    q = forms.CharField(label=_("Mall, order or dispute"), required=False, max_length=100)
    reason = forms.ChoiceField(
        label=_("Reason"),
        required=False,
        choices=[("", _("All")), *((name, text) for name, text in wording.REASONS.items())],
    )
    state = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)


class EvidenceForm(forms.Form):
    """What the bank reads, field by field; an empty field is not sent."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, label in FIELDS.items():
            widget = forms.TextInput() if name in _SHORT else forms.Textarea(attrs={"rows": _LONG.get(name, 4)})
            self.fields[name] = forms.CharField(
                label=label, required=False, max_length=LONGEST_FIELD, widget=widget, strip=True
            )


class SendForm(forms.Form):
    """The version that was read, and the second thought."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    is_sure = forms.BooleanField(
        label=_("I have read it. It can be sent only once."),
        error_messages={"required": _("Tick this when you have read the evidence.")},
    )


class GiveUpForm(forms.Form):
    """Why the money is left to the buyer."""

    reason = forms.CharField(
        label=_("Why you give it up"),
        min_length=5,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why."), "min_length": _("Say it in a sentence.")},
    )
    is_sure = forms.BooleanField(
        label=_("The bank keeps the money for the buyer. This cannot be taken back."),
        error_messages={"required": _("Tick this when you are sure.")},
    )
