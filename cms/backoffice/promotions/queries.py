"""Promotions shaped for the back office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.ui.formats import format_money, listed
from storefront.catalog.models import Category
from storefront.deals.models import Deal
from storefront.promotions import checks, operations, pricing
from storefront.promotions.claiming import rule_of
from storefront.promotions.models import Promotion, PromotionUse
from storefront.stores import moments
from storefront.terms import commission
from storefront.terms import queries as terms

PHASES: list[tuple[str, object]] = [
    ("", gettext_lazy("All")),
    ("running", gettext_lazy("Running")),
    ("waiting", gettext_lazy("Waiting for a yes")),
    ("coming", gettext_lazy("Starts later")),
    ("over", gettext_lazy("Over")),
]
_LIVE = Q(uses__state__in=PromotionUse.LIVE)


@dataclass(frozen=True)
class PromotionRow:
    """A promotion in a list and on its page. Amounts in minor units; `budget_percent` is None without a budget."""

    public_id: str
    code: str
    name: str
    takes_off: str
    target: str
    window: str
    limits: tuple[str, ...]
    word: str
    kind: str
    bearer: str
    uses: int
    uses_total: int | None
    spent_minor: int
    platform_minor: int
    budget_minor: int | None
    budget_percent: int | None
    currency: str
    is_running: bool
    is_waiting: bool
    is_open: bool
    # Until when the yes that it waits for can be said; None where it waits for none.
    answer_until: datetime | None


@dataclass(frozen=True)
class Split:
    """What becomes of the price of a basket; minor units. The last is what the merchant gets."""

    price_minor: int
    discount_minor: int
    platform_minor: int
    paid_minor: int
    commission_minor: int
    tax_minor: int
    agency_minor: int
    yours_minor: int


def matching(*, words: str, phase: str, at: datetime) -> QuerySet[Promotion]:
    """Return promotions by phase and by words in code or name, the newest first."""
    rows = Promotion.objects.in_phase(phase, at=at)
    if words.strip():
        rows = rows.filter(Q(code__icontains=words.strip()) | Q(name__icontains=words.strip()))
    return counted(rows).order_by("-made_at", "-pk")


def counted(rows: QuerySet[Promotion]) -> QuerySet[Promotion]:
    """Count with each promotion its uses that stand, and what they took off."""
    return rows.annotate(
        uses_count=Count("uses", filter=_LIVE),
        spent=Sum("uses__discount_minor", filter=_LIVE, default=0),
        borne=Sum("uses__platform_minor", filter=_LIVE, default=0),
    )


def rows_of(found: Sequence[Promotion], *, at: datetime) -> list[PromotionRow]:
    """Shape counted promotions. One query, for those that wait for a yes."""
    untils = operations.answers_until(found)
    return [_row(one, untils.get(one.public_id), at=at) for one in found]


def row_of(one: Promotion, *, at: datetime) -> PromotionRow:
    """Shape a counted promotion."""
    return rows_of([one], at=at)[0]


def _row(one: Promotion, until: datetime | None, *, at: datetime) -> PromotionRow:
    word, kind = _state(one, at=at)
    spent, budget = int(vars(one)["spent"]), one.budget_minor
    return PromotionRow(
        public_id=one.public_id,
        code=one.code,
        name=one.name,
        takes_off=checks.words_of(one),
        target=target_words(one),
        window=_window(one),
        limits=limits(one),
        word=word,
        kind=kind,
        bearer=checks.bearer_words(one.platform_share_bp),
        uses=int(vars(one)["uses_count"]),
        uses_total=one.uses_total,
        spent_minor=spent,
        platform_minor=int(vars(one)["borne"]),
        budget_minor=budget,
        budget_percent=min(100, spent * 100 // budget) if budget else None,
        currency=one.currency,
        is_running=one.state == Promotion.State.ACTIVE and (one.ends_at is None or at < one.ends_at),
        is_waiting=one.waits_for_merchant,
        is_open=one.state in Promotion.OPEN_STATES,
        answer_until=until,
    )


def _state(one: Promotion, *, at: datetime) -> tuple[str, str]:
    if one.state != Promotion.State.ACTIVE:
        kinds = {Promotion.State.SECOND: "warning", Promotion.State.PROPOSED: "warning"}
        return str(one.get_state_display()), kinds.get(Promotion.State(one.state), "")
    if at < one.starts_at:
        return _("Starts later"), "info"
    if one.ends_at is not None and at >= one.ends_at:
        return _("Over"), ""
    return _("Running"), "success"


def _window(one: Promotion) -> str:
    words = {"from": moments.when(one.starts_at), "until": moments.end(one.ends_at) if one.ends_at else ""}
    if one.ends_at:
        return _("%(from)s to %(until)s") % words
    return _("from %(from)s, no end") % words


def target_words(one: Promotion) -> str:
    """Say what a promotion is for: names of deals or categories."""
    if one.scope == Promotion.Scope.DEALS:
        names = list(Deal.objects.filter(public_id__in=one.targets).values_list("title", flat=True))
    elif one.scope == Promotion.Scope.CATEGORIES:
        names = list(Category.objects.filter(slug__in=one.targets).values_list("name", flat=True))
    elif one.scope == Promotion.Scope.DEAL_KINDS:
        return listed(dict(Deal.Kind.choices).get(kind, kind) for kind in one.targets)
    else:
        return _("Everything")
    return listed(names) or _("Nothing that is still there")


def limits(one: Promotion) -> tuple[str, ...]:
    """Say a promotion's limits, one in each text."""
    found = []
    if one.minimum_minor:
        found.append(_("orders from %(least)s") % {"least": format_money(one.minimum_minor, one.currency)})
    if one.uses_total:
        found.append(_("%(count)d uses in all") % {"count": one.uses_total})
    if one.uses_per_shopper:
        found.append(_("%(count)d for each shopper") % {"count": one.uses_per_shopper})
    if one.is_first_order_only:
        found.append(_("first order only"))
    return tuple(found)


def uses_of(promotion: Promotion) -> QuerySet[PromotionUse]:
    """Return a promotion's uses with their orders, the newest first."""
    return promotion.uses.select_related("order").order_by("-claimed_at", "-pk")


def preview(promotion: Promotion, deal: Deal, *, units: int, at: datetime) -> Split | None:
    """Return what would become of a basket's price now, None when the promotion is not for the deal. Limits are not looked at."""
    category = deal.category.slug if deal.category else ""
    if not promotion.covers(deal=deal.public_id, kind=deal.kind, category=category):
        return None
    price_minor = deal.price_minor * units
    (cut,) = pricing.cuts(rule_of(promotion), lines=[price_minor], currency=deal.currency)
    term = terms.winning_term(deal=deal, at=at)
    base_minor = price_minor - cut.merchant_minor
    taken_minor = commission.of_line(
        total_minor=base_minor,
        rate_bp=term.rate_bp,
        minimum_minor=term.minimum_minor,
        maximum_minor=term.maximum_minor,
    )
    tax_minor = commission.tax_of_line(total_minor=base_minor, commission_minor=taken_minor, rate_bp=term.tax_rate_bp)
    agency_minor = commission.agency_of_line(
        total_minor=base_minor, commission_minor=taken_minor, rate_bp=term.agency_rate_bp, tax_minor=tax_minor
    )
    return Split(
        price_minor,
        cut.discount_minor,
        cut.platform_minor,
        price_minor - cut.discount_minor,
        taken_minor,
        tax_minor,
        agency_minor,
        base_minor - taken_minor - tax_minor - agency_minor,
    )
