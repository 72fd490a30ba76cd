"""The filters of the list of deals."""

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from storefront.catalog.models import Category
from storefront.deals.models import Deal

ORDERS = {
    "newest": (F("published_at").desc(nulls_last=True), "-pk"),
    "price": ("price_minor", "-pk"),
    "ending": (F("sale_ends_at").asc(nulls_last=True), "-pk"),
}


class DealFilterForm(forms.Form):
    """What a shopper looks for. Every field may be absent; a value that makes no sense is as if absent."""

    q = forms.CharField(label=_("Search"), required=False, max_length=60)
    category = forms.SlugField(required=False)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[("newest", _("Newest first")), ("price", _("Lowest price first")), ("ending", _("Ending soonest first"))],
    )

    def chosen(self) -> dict[str, str]:
        """Return the valid values that are not empty."""
        self.is_valid()
        return {name: str(value) for name, value in self.cleaned_data.items() if value}

    def narrow(self, rows: QuerySet[Deal]) -> QuerySet[Deal]:
        """Filter and sort deals as chosen."""
        values = self.chosen()
        if text := values.get("q"):
            rows = rows.filter(Q(title__icontains=text) | Q(summary__icontains=text))
        if category := values.get("category"):
            rows = rows.filter(category__slug=category)
        return rows.order_by(*ORDERS[values.get("sort", "newest")])


def categories_on_sale(rows: QuerySet[Deal]) -> list[Category]:
    """Return the categories that have one of the deals, in the merchant's order."""
    return list(Category.objects.filter(pk__in=rows.order_by().values("category")))
