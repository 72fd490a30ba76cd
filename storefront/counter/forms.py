"""The counter's forms. They check shape; whether a code means anything is the domain's to say."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from storefront.stores.models import Store


class CodeForm(forms.Form):
    """A code, as typed or as a scanner writes it (then it may be a whole address)."""

    code = forms.CharField(
        label=_("Voucher code"),
        max_length=400,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "autocorrect": "off",
                "spellcheck": "false",
                "enterkeyhint": "go",
            }
        ),
    )


class StoreForm(forms.Form):
    """The store that the counter stands in."""

    store = forms.ModelChoiceField(
        Store.objects.serving(),
        to_field_name="public_id",
        label=_("Store"),
        error_messages={"invalid_choice": _("You do not redeem vouchers in this store. Choose one of yours.")},
    )

    def __init__(self, *args: Any, staff: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["store"].queryset = Store.objects.serving().of_staff(staff.store_ids)  # type: ignore[attr-defined]


class RedeemForm(forms.Form):
    """A confirmation: which voucher, in which store, by which request."""

    voucher = forms.SlugField(max_length=26, widget=forms.HiddenInput)
    store = forms.ModelChoiceField(Store.objects.all(), to_field_name="public_id", widget=forms.HiddenInput)
    request_key = forms.SlugField(min_length=16, max_length=64, widget=forms.HiddenInput)


class UndoForm(forms.Form):
    """Why a redemption is taken back."""

    MISTAKE, GUEST, STORE, OTHER = "mistake", "guest", "store", "other"
    REASONS = [
        (MISTAKE, _("Redeemed by mistake")),
        (GUEST, _("The guest changed their mind")),
        (STORE, _("We could not serve it")),
        (OTHER, _("Something else")),
    ]

    why = forms.ChoiceField(label=_("Why?"), choices=REASONS, widget=forms.RadioSelect)
    note = forms.CharField(label=_("A few words about it"), max_length=140, required=False)

    def clean(self) -> dict[str, object]:
        """Ask for words where the reason says nothing."""
        data = super().clean() or {}
        if data.get("why") == self.OTHER and not str(data.get("note", "")).strip():
            self.add_error("note", _("Say in a few words what happened."))
        return data

    @property
    def reason(self) -> str:
        """The reason as it is kept with the redemption."""
        why, note = self.cleaned_data["why"], self.cleaned_data["note"].strip()
        if why == self.OTHER:
            return note
        label = str(dict(self.REASONS)[why])
        return f"{label}: {note}" if note else label
