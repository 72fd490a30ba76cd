"""The forms of promotions."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.backoffice import fields
from saas.kernel import clock
from storefront.catalog.models import Category
from storefront.deals.models import Deal
from storefront.promotions.checks import Draft, Problem
from storefront.promotions.claiming import bare
from storefront.promotions.models import Promotion

from .queries import PHASES

# Names of a draft's fields that a form calls otherwise.
_NAMES = {
    "rate_bp": "percent",
    "amount_minor": "amount",
    "most_minor": "most",
    "minimum_minor": "minimum",
    "budget_minor": "budget",
    "targets": "scope",
}


class PromotionFilter(forms.Form):
    """Search and state of the list."""

    q = forms.CharField(label=_("Search"), required=False, max_length=60, help_text=_("Code or name."))
    phase = forms.ChoiceField(label=_("State"), required=False, choices=PHASES)


class PreviewForm(forms.Form):
    """A basket to be priced."""

    deal = forms.ModelChoiceField(label=_("Deal"), queryset=Deal.objects.none(), to_field_name="public_id")
    units = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=20, initial=1)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["deal"].queryset = Deal.objects.exclude(state=Deal.State.ENDED)  # type: ignore[attr-defined]


class DeclineForm(forms.Form):
    """Why an offer is declined."""

    answer = forms.CharField(
        label=_("Why not, or what instead?"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class PromotionForm(forms.Form):
    """A promotion; `read_draft` makes the draft of a valid one. Amounts in the mall's currency, instants on its clock."""

    code = forms.CharField(
        label=_("Code"),
        max_length=24,
        help_text=_("What shoppers type: letters, digits and hyphens. SPRING20"),
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=pgettext_lazy("promotion", "Name"),
        max_length=80,
        help_text=_("For you and your staff; shoppers do not see it."),
    )
    kind = forms.ChoiceField(label=_("What it takes off"), choices=Promotion.Kind.choices, widget=forms.RadioSelect)
    percent = forms.DecimalField(label=_("Percent"), required=False, min_value=0, max_value=100, decimal_places=2)
    scope = forms.ChoiceField(label=_("What it is for"), choices=Promotion.Scope.choices, widget=forms.RadioSelect)
    deals = forms.ModelMultipleChoiceField(
        label=_("Deals"), required=False, queryset=Deal.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    categories = forms.ModelMultipleChoiceField(
        label=_("Categories"), required=False, queryset=Category.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    deal_kinds = forms.MultipleChoiceField(
        label=_("Kinds of deals"), required=False, choices=Deal.Kind.choices, widget=forms.CheckboxSelectMultiple
    )
    starts_at = fields.MomentField(label=pgettext_lazy("promotion", "From"))
    ends_at = fields.MomentField(
        label=pgettext_lazy("promotion", "Until"), required=False, help_text=_("Empty: no end.")
    )
    uses_total = forms.IntegerField(label=_("Uses in all"), required=False, help_text=_("Empty: no limit."))
    uses_per_shopper = forms.IntegerField(
        label=_("Uses for each shopper"), required=False, help_text=_("By account, e-mail and phone. Empty: no limit.")
    )
    is_first_order_only = forms.BooleanField(label=_("Only for a shopper’s first order"), required=False)

    def __init__(self, *args: Any, currency: str, promotion: Promotion | None = None, **options: Any) -> None:
        self.promotion = promotion
        options.setdefault("initial", initial_of(promotion) if promotion else _NEW | {"starts_at": clock.now()})
        super().__init__(*args, **options)
        for name, label, text in (
            ("amount", _("Amount"), ""),
            ("most", _("At most"), _("The most that a percentage takes off. Empty: no limit.")),
            ("minimum", _("For orders from"), _("Counted over what the code is for, before the discount.")),
            ("budget", _("Budget"), _("The most that all uses take off together. Empty: no limit.")),
        ):
            self.fields[name] = fields.MoneyField(
                label=fields.currency_label(label, currency), currency=currency, required=False, help_text=text
            )
        self.fields["deals"].queryset = Deal.objects.exclude(state=Deal.State.ENDED)  # type: ignore[attr-defined]
        self.fields["categories"].queryset = Category.objects.all()  # type: ignore[attr-defined]

    def blame(self, problems: Iterable[Problem]) -> None:
        """Put what an operation refused beside the fields that it is about."""
        for problem in problems:
            name = _NAMES.get(problem.field, problem.field)
            self.add_error(name if name in self.fields else None, problem.text)

    def read_draft(self, *, platform_share_bp: int = 0) -> Draft:
        """Return the draft that the valid form describes."""
        data = self.cleaned_data
        targets = {
            Promotion.Scope.DEALS: [one.public_id for one in data["deals"]],
            Promotion.Scope.CATEGORIES: [one.slug for one in data["categories"]],
            Promotion.Scope.DEAL_KINDS: data["deal_kinds"],
        }
        return Draft(
            code=bare(data["code"]),
            name=data["name"],
            kind=data["kind"],
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            rate_bp=int((data["percent"] or Decimal(0)) * 100),
            amount_minor=data["amount"] or 0,
            most_minor=data["most"],
            scope=data["scope"],
            targets=tuple(targets.get(data["scope"], [])),
            minimum_minor=data["minimum"] or 0,
            uses_total=data["uses_total"],
            uses_per_shopper=data["uses_per_shopper"],
            budget_minor=data["budget"],
            is_first_order_only=data["is_first_order_only"],
            platform_share_bp=platform_share_bp,
        )


_NEW: dict[str, Any] = {"kind": Promotion.Kind.PERCENT, "scope": Promotion.Scope.ORDER, "uses_per_shopper": 1}


def initial_of(row: Promotion) -> dict[str, Any]:
    """Return a promotion as its form starts with it."""
    scope = Promotion.Scope
    return {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "percent": Decimal(row.rate_bp) / 100 if row.rate_bp else None,
        "amount": row.amount_minor or None,
        "most": row.most_minor,
        "minimum": row.minimum_minor or None,
        "scope": row.scope,
        "deals": Deal.objects.filter(public_id__in=row.targets) if row.scope == scope.DEALS else [],
        "categories": Category.objects.filter(slug__in=row.targets) if row.scope == scope.CATEGORIES else [],
        "deal_kinds": row.targets if row.scope == scope.DEAL_KINDS else [],
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "uses_total": row.uses_total,
        "uses_per_shopper": row.uses_per_shopper,
        "budget": row.budget_minor,
        "is_first_order_only": row.is_first_order_only,
    }
