"""The form of a product with its variants as rows."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.images.widgets import AdminImageChooser

from cms.backoffice import fields
from cms.media.models import MallImage
from storefront.catalog.models import Category, Product
from storefront.catalog.operations import ProductDraft, VariantDraft

SEPARATOR = "/"


class ProductFilter(forms.Form):
    """Search, shelf and state of the list."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    category = forms.ModelChoiceField(
        Category.objects.all(), label=gettext_lazy("Category"), required=False, empty_label=gettext_lazy("All")
    )
    shown = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("All")), ("yes", gettext_lazy("Published")), ("no", gettext_lazy("Hidden"))],
    )


class ProductForm(forms.Form):
    """A product without its variants."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Simple HTML is kept; scripts are taken out."),
    )
    vendor = forms.CharField(label=gettext_lazy("Vendor"), max_length=120, required=False)
    category = forms.CharField(
        label=gettext_lazy("Category"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("A new name makes a new category."),
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"), max_length=1000, required=False, help_text=gettext_lazy("Separated by commas.")
    )
    picture = forms.ModelChoiceField(
        MallImage.objects.all(), label=gettext_lazy("Picture"), required=False, widget=AdminImageChooser
    )
    is_published = forms.BooleanField(label=gettext_lazy("Published"), required=False)
    option_names = forms.CharField(
        label=gettext_lazy("Options"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("How variants differ, for example “Size / Colour”. Empty: there is one variant."),
    )

    def clean_option_names(self) -> tuple[str, ...]:
        """Read up to three names."""
        names = _parts(self.cleaned_data["option_names"])
        if len(names) > 3:
            raise forms.ValidationError(_("A product has at most three options."))
        return names


class VariantForm(forms.Form):
    """A row of a variant; empty rows are left out."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    options = forms.CharField(label=gettext_lazy("Options"), max_length=310, required=False)
    sku = forms.CharField(label=gettext_lazy("SKU"), max_length=80, required=False)
    stock = forms.IntegerField(label=gettext_lazy("Stock"), required=False, min_value=-1_000_000, max_value=100_000_000)
    remove = forms.BooleanField(label=gettext_lazy("Remove"), required=False)

    field_order = ("id", "options", "price", "compare_at", "sku", "stock", "remove")

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["price"] = fields.MoneyField(
            label=fields.currency_label(_("Price"), currency), currency=currency, required=False
        )
        self.fields["compare_at"] = fields.MoneyField(label=_("Price before"), currency=currency, required=False)
        self.order_fields(self.field_order)

    @property
    def is_row(self) -> bool:
        """Whether the row is to be kept."""
        data = self.cleaned_data
        return not data.get("remove") and (
            data.get("price") is not None or bool(data.get("options") or data.get("sku"))
        )

    def clean(self) -> None:
        """A variant has a price."""
        data = self.cleaned_data
        if (
            not data.get("remove")
            and data.get("price") is None
            and (data.get("options") or data.get("sku"))
            and "price" not in self.errors
        ):
            self.add_error("price", _("Please fill this in."))

    def read_draft(self) -> VariantDraft:
        """Return the row as a draft."""
        data = self.cleaned_data
        return VariantDraft(
            _parts(data["options"]), data["price"], data["compare_at"], data["sku"], data["stock"], data["id"]
        )


Variants = forms.formset_factory(VariantForm, extra=3, max_num=203, absolute_max=250)


class ProductPost:
    """The product's form with its variants."""

    def __init__(self, data: Any, *, currency: str, product: Product | None = None) -> None:
        rows = [_variant_initial(one) for one in product.variants.all()] if product else []
        self.form = ProductForm(data, initial=_initial(product) if product else {"is_published": True})
        self.variants = Variants(
            data, prefix="variants", initial=rows, form_kwargs={"currency": currency, "empty_permitted": False}
        )

    def is_valid(self) -> bool:
        """Check all of it."""
        return all([self.form.is_valid(), self.variants.is_valid()])

    @property
    def wrong_forms(self) -> list[forms.Form]:
        """The forms with errors, for the summary."""
        return [form for form in (self.form, *self.variants.forms) if form.errors]

    def read_draft(self) -> ProductDraft:
        """Return the draft."""
        data = self.form.cleaned_data
        return ProductDraft(
            title=data["title"],
            body=data["body"],
            vendor=data["vendor"],
            category=data["category"].strip(),
            tags=tuple(dict.fromkeys(tag.strip()[:60] for tag in data["tags"].split(",") if tag.strip())),
            option_names=data["option_names"],
            is_published=data["is_published"],
            picture_id=data["picture"].pk if data["picture"] else None,
            variants=tuple(form.read_draft() for form in self.variants.forms if form.is_row),
        )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(SEPARATOR) if part.strip())


def _initial(product: Product) -> dict[str, Any]:
    return {
        **{name: getattr(product, name) for name in ("title", "body", "vendor", "picture", "is_published")},
        "category": product.category.name if product.category else "",
        "tags": ", ".join(product.tags),
        "option_names": f" {SEPARATOR} ".join(product.option_names),
    }


def _variant_initial(variant: Any) -> dict[str, Any]:
    return {
        "id": variant.pk,
        "options": f" {SEPARATOR} ".join(variant.options),
        "price": variant.price_minor,
        "compare_at": variant.compare_at_minor,
        "sku": variant.sku,
        "stock": variant.stock_units,
    }
