"""The form of a deal: what a merchant writes, in major units and on the mall's clock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.images.widgets import AdminImageChooser

from billing.jurisdictions import rules as jurisdictions
from cms.backoffice import fields
from cms.media.models import MallImage
from saas.kernel import clock
from storefront.catalog.models import Category
from storefront.deals.checks import MAXIMUM_SERVICE_MINUTES, MAXIMUM_UNITS, MAXIMUM_VALID_DAYS, DealDraft, Problem
from storefront.deals.models import Deal
from storefront.stores.models import Store

DAYS, DATE = "days", "date"
# The draft's fields -> the form's, where they differ.
_FORM_FIELDS = {
    "price_minor": "price",
    "was_price_minor": "was_price",
    "cost_minor": "cost",
    "valid_until_at": "valid_until",
    "valid_from_at": "valid_from",
    "contents": "",
    "rules": "",
}


class DealFilter(forms.Form):
    """Search and state of the list."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("draft", _("Draft")),
            ("on_sale", _("On sale")),
            ("not_started", _("Starts later")),
            ("sold_out", _("Sold out")),
            ("ended", _("Ended")),
        ],
    )


class DealForm(forms.Form):
    """A deal without its rows. `read_draft` makes the draft from it and from the rows' forms."""

    title = forms.CharField(
        label=_("Title"), max_length=140, help_text=_("What one gets, in a few words: “Noodles for two”.")
    )
    summary = forms.CharField(label=_("One sentence about it"), max_length=200, required=False)
    picture = forms.ModelChoiceField(
        MallImage.objects.all(), label=_("Picture"), required=False, widget=AdminImageChooser
    )
    category = forms.ModelChoiceField(
        Category.objects.all(), label=_("Category"), required=False, empty_label=_("None")
    )
    units_total = forms.IntegerField(label=_("Units for sale"), min_value=1, max_value=MAXIMUM_UNITS)
    units_per_person = forms.IntegerField(
        label=_("Units for each person"),
        min_value=1,
        max_value=MAXIMUM_UNITS,
        required=False,
        help_text=_("Empty: no limit."),
    )
    sale_starts_at = fields.MomentField(label=_("On sale from"))
    sale_ends_at = fields.MomentField(
        label=_("On sale until"), required=False, help_text=_("Empty: until it is sold out or ended.")
    )
    validity = forms.ChoiceField(
        label=_("Vouchers are valid"),
        choices=[(DAYS, _("for a number of days after the purchase")), (DATE, _("until a date"))],
        widget=forms.RadioSelect,
    )
    valid_days = forms.IntegerField(
        label=_("Days after the purchase"), min_value=1, max_value=MAXIMUM_VALID_DAYS, required=False
    )
    valid_from = fields.DayField(label=_("First day"), required=False, help_text=_("Empty: from the purchase."))
    valid_until = fields.DayField(label=_("Last day"), required=False)
    refund_policy = forms.ChoiceField(
        label=_("Unused vouchers"), choices=Deal.RefundPolicy.choices, widget=forms.RadioSelect
    )
    needs_booking = forms.BooleanField(label=_("Booking needed"), required=False)
    service_minutes = forms.IntegerField(
        label=_("Minutes that one guest takes"),
        min_value=1,
        max_value=MAXIMUM_SERVICE_MINUTES,
        required=False,
        help_text=_("From sitting down to the place being free again. Shoppers do not see it."),
    )
    stores = forms.ModelMultipleChoiceField(
        Store.objects.all(),
        label=_("Stores"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Where vouchers are redeemed."),
    )

    field_order = ("title", "summary", "price", "was_price")

    def __init__(self, *args: Any, currency: str, draft: DealDraft | None = None, **options: Any) -> None:
        self.draft = draft
        options.setdefault(
            "initial",
            _initial(draft)
            if draft
            else {
                "validity": DAYS,
                "valid_days": 90,
                "refund_policy": "any_time",
                "sale_starts_at": clock.now(),
                "stores": list(Store.objects.serving()),
            },
        )
        super().__init__(*args, **options)
        if jurisdictions.of_currency(currency).must_refund_unused:
            self.fields["refund_policy"].help_text = _(
                "Where you sell, unused vouchers have to be refunded: whatever you choose here, shoppers read “any time”."
            )
        elif days := jurisdictions.of_currency(currency).withdrawal_days:
            self.fields["refund_policy"].help_text = ngettext(
                "Where you sell, shoppers may withdraw for %(count)d day after the purchase, whatever you choose here.",
                "Where you sell, shoppers may withdraw for %(count)d days after the purchase, whatever you choose here.",
                days,
            ) % {"count": days}
        self.fields["price"] = fields.MoneyField(label=fields.currency_label(_("Price"), currency), currency=currency)
        self.fields["was_price"] = fields.MoneyField(
            label=fields.currency_label(_("Price before"), currency),
            currency=currency,
            required=False,
            help_text=_("What it costs without the deal. Empty: none is shown."),
        )
        self.fields["cost"] = fields.MoneyField(
            label=fields.currency_label(_("What serving one unit costs you"), currency),
            currency=currency,
            required=False,
            help_text=_("Goods and work, without rent. Shoppers do not see it."),
        )
        self.order_fields(self.field_order)

    def clean_price(self) -> int:
        """Refuse a price of nothing here, beside its field."""
        price: int = self.cleaned_data["price"]
        if price == 0:
            raise forms.ValidationError(_("The price must be more than zero."))
        return price

    def clean(self) -> None:
        """Ask for the part of the validity that was chosen."""
        chosen = self.cleaned_data.get("validity")
        wanted = {DAYS: "valid_days", DATE: "valid_until"}.get(chosen or "")
        if wanted and not self.cleaned_data.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, _("Please fill this in."))

    def blame(self, problems: Iterable[Problem]) -> None:
        """Put what an operation refused beside the fields that it is about."""
        for problem in problems:
            name = _FORM_FIELDS.get(problem.field, problem.field)
            self.add_error(name if name in self.fields else None, str(problem.text))

    def read_draft(self, contents: list[dict[str, Any]], rules: list[dict[str, Any]]) -> DealDraft:
        """Return the draft that the valid form and rows describe."""
        # What a rough draft lacks is None, see `read_rough`.
        data = {**dict.fromkeys(self.fields), **self.cleaned_data}
        by_date = data["validity"] == DATE
        return DealDraft(
            title=data["title"],
            summary=data["summary"],
            price_minor=data["price"],
            was_price_minor=data["was_price"],
            units_total=data["units_total"],
            units_per_person=data["units_per_person"],
            sale_starts_at=self._unless_changed("sale_starts_at", data["sale_starts_at"]),
            sale_ends_at=self._unless_changed("sale_ends_at", data["sale_ends_at"]),
            valid_days=None if by_date else data["valid_days"],
            valid_from_at=self._unless_changed("valid_from", fields.start_of_day(data["valid_from"]))
            if by_date
            else None,
            valid_until_at=self._unless_changed("valid_until", fields.after_day(data["valid_until"]))
            if by_date
            else None,
            refund_policy=data["refund_policy"],
            needs_booking=data["needs_booking"],
            contents=contents,
            rules=rules,
            category_id=data["category"].pk if data["category"] else None,
            picture_id=data["picture"].pk if data["picture"] else None,
            store_ids=tuple(store.pk for store in data["stores"] or ()),
            service_minutes=data["service_minutes"],
            cost_minor=data["cost"],
        )

    def read_rough(self) -> DealDraft | None:
        """Return a draft that the guard can look at while the form is being filled in; None while it says too little."""
        self.is_valid()
        wanted = ["price", "units_total", "sale_starts_at", "validity"]
        wanted.append("valid_until" if self.cleaned_data.get("validity") == DATE else "valid_days")
        return self.read_draft([], []) if all(self.cleaned_data.get(name) for name in wanted) else None

    def _unless_changed(self, name: str, value: datetime | None) -> Any:
        """Keep an instant as it is stored where the form, which is coarser, was not changed."""
        stored = {"valid_from": "valid_from_at", "valid_until": "valid_until_at"}.get(name, name)
        kept = getattr(self.draft, stored) if self.draft else None
        return value if kept is None or name in self.changed_data else kept


def _initial(draft: DealDraft) -> dict[str, Any]:
    same = "title summary units_total units_per_person sale_starts_at sale_ends_at valid_days refund_policy needs_booking service_minutes"
    return {
        **{name: getattr(draft, name) for name in same.split()},
        "picture": draft.picture_id,
        "category": draft.category_id,
        "price": draft.price_minor,
        "was_price": draft.was_price_minor,
        "cost": draft.cost_minor,
        "validity": DATE if draft.valid_until_at else DAYS,
        "valid_from": fields.first_day(draft.valid_from_at),
        "valid_until": fields.last_day(draft.valid_until_at),
        "stores": list(draft.store_ids),
    }


class ContentForm(forms.Form):
    """A row of what one gets; empty rows are left out."""

    name = forms.CharField(label=_("What"), max_length=120, required=False)
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=1000, required=False)

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["value"] = fields.MoneyField(
            label=fields.currency_label(_("Value"), currency), currency=currency, required=False
        )

    def clean(self) -> None:
        """A quantity or a value needs a name."""
        data = self.cleaned_data
        if (data.get("value") is not None or (data.get("quantity") or 1) > 1) and not data.get("name"):
            self.add_error("name", _("Say what it is."))


class RuleForm(forms.Form):
    """A row of further rules; empty rows are left out."""

    label = forms.CharField(label=_("Rule"), max_length=40, required=False)
    text = forms.CharField(label=_("In words"), max_length=300, required=False)

    def clean(self) -> None:
        """A rule has both."""
        for name, other in (("label", "text"), ("text", "label")):
            if self.cleaned_data.get(other) and not self.cleaned_data.get(name):
                self.add_error(name, _("A rule has a label and a text."))


# A row that was not changed is read like any other; Django would leave it out where the form says that it is a new one.
ALL_READ = {"empty_permitted": False}
Contents = forms.formset_factory(ContentForm, extra=3, max_num=40, validate_max=True, absolute_max=60)
Rules = forms.formset_factory(RuleForm, extra=2, max_num=40, validate_max=True, absolute_max=60)


class DealPost:
    """The deal's form with its rows, unbound or bound together. `draft` is what it starts from."""

    def __init__(self, data: Any, *, currency: str, draft: DealDraft | None = None) -> None:
        contents = [{**row, "value": row.get("value_minor")} for row in draft.contents] if draft else []
        self.currency = currency
        self.form = DealForm(data, currency=currency, draft=draft)
        self.contents = Contents(
            data, prefix="contents", initial=contents, form_kwargs={"currency": currency, **ALL_READ}
        )
        self.rules = Rules(data, prefix="rules", initial=draft.rules if draft else [], form_kwargs=ALL_READ)

    def is_valid(self) -> bool:
        """Check all of it, so that everything wrong is shown at once."""
        return all([self.form.is_valid(), self.contents.is_valid(), self.rules.is_valid()])

    @property
    def wrong_forms(self) -> list[forms.Form]:
        """The forms with errors, for the summary."""
        return [form for form in (self.form, *self.contents.forms, *self.rules.forms) if form.errors]

    def read_draft(self) -> DealDraft:
        """Return the draft."""
        contents = [
            {"name": row["name"], "quantity": row["quantity"] or 1, "value_minor": row["value"]}
            for row in (form.cleaned_data for form in self.contents.forms)
            if row.get("name")
        ]
        rules = [
            {"label": row["label"], "text": row["text"]}
            for row in (form.cleaned_data for form in self.rules.forms)
            if row.get("label")
        ]
        return self.form.read_draft(contents, rules)
