"""What is wrong with a promotion that somebody wrote. Pure: a draft in, problems out."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from saas.kernel.money import BASIS_POINTS, MAXIMUM_MINOR, is_countable, limit_minor
from saas.ui.formats import format_money

from .models import Promotion

Kind, Scope = Promotion.Kind, Promotion.Scope
# What a second person or the merchant has to agree to when the agency's people make it (A4): half the price, or more.
LARGE_BP = 5_000


@dataclass(frozen=True)
class Draft:
    """A promotion as it was written; see `Promotion`. Amounts in minor units of the mall's currency."""

    code: str
    name: str
    kind: str
    starts_at: datetime
    ends_at: datetime | None = None
    rate_bp: int = 0
    amount_minor: int = 0
    most_minor: int | None = None
    scope: str = Scope.ORDER
    targets: tuple[str, ...] = ()
    minimum_minor: int = 0
    uses_total: int | None = None
    uses_per_shopper: int | None = None
    budget_minor: int | None = None
    is_first_order_only: bool = False
    platform_share_bp: int = 0


@dataclass(frozen=True)
class Problem:
    """What is wrong with a field, in a sentence."""

    field: str
    text: str


def problems(draft: Draft, *, currency: str, now: datetime, is_new: bool) -> list[Problem]:
    """Return what is wrong with a draft, in the order of the form."""
    found = [*_of_code(draft), *_of_amount(draft, currency), *_of_scope(draft), *_of_limits(draft)]
    if draft.ends_at is not None and draft.ends_at <= max(draft.starts_at, now if is_new else draft.starts_at):
        found.append(Problem("ends_at", _("The end must be after the start, and still to come.")))
    if draft.platform_share_bp and draft.budget_minor is None:
        found.append(Problem("budget_minor", _("What the platform bears needs a budget.")))
    return found


def _of_code(draft: Draft) -> list[Problem]:
    found = []
    if not 3 <= len(draft.code) <= 24 or not draft.code.replace("-", "").isalnum() or not draft.code.isascii():
        found.append(Problem("code", _("A code has 3 to 24 letters, digits and hyphens.")))
    if not draft.name.strip():
        found.append(Problem("name", _("Give it a name, so that you find it again.")))
    return found


def _of_amount(draft: Draft, currency: str) -> list[Problem]:
    if draft.kind == Kind.PERCENT and not 0 < draft.rate_bp <= BASIS_POINTS:
        return [Problem("rate_bp", _("Write how many percent are taken off: more than 0, at most 100."))]
    if draft.kind == Kind.AMOUNT and not 0 < draft.amount_minor <= MAXIMUM_MINOR:
        return [Problem("amount_minor", _("Write how much is taken off."))]
    if draft.kind == Kind.AMOUNT and not is_countable(draft.amount_minor, currency):
        return [Problem("amount_minor", _("Payments in this currency have fewer digits after the point."))]
    if draft.most_minor is not None and not 0 < draft.most_minor <= MAXIMUM_MINOR:
        return [
            Problem("most_minor", _("The most that is taken off must be more than zero; leave it empty for no limit."))
        ]
    return []


def _of_scope(draft: Draft) -> list[Problem]:
    if draft.scope != Scope.ORDER and not draft.targets:
        return [Problem("targets", _("Choose what it is for."))]
    return []


def _of_limits(draft: Draft) -> list[Problem]:
    limits = {
        "uses_total": draft.uses_total,
        "uses_per_shopper": draft.uses_per_shopper,
        "budget_minor": draft.budget_minor,
    }
    found = [
        Problem(name, _("This must be more than zero; leave it empty for no limit."))
        for name, value in limits.items()
        if value is not None and value <= 0
    ]
    if draft.minimum_minor > MAXIMUM_MINOR:
        found.append(Problem("minimum_minor", _("No order can be that large.")))
    return found


def platform_at_risk_minor(promotion: Promotion) -> int:
    """Return the most that the platform can come to bear."""
    return (promotion.budget_minor or 0) * promotion.platform_share_bp // BASIS_POINTS


def is_large(promotion: Promotion) -> bool:
    """
    Tell whether a promotion of the agency's people needs a second one of them (A4): half off or more, or much of the platform's money.
    """
    most_minor = limit_minor(
        settings.PROMOTION_SECOND_PERSON_MINOR, settings.PROMOTION_SECOND_PERSON_BY_CURRENCY, promotion.currency
    )
    return promotion.rate_bp >= LARGE_BP or platform_at_risk_minor(promotion) > most_minor


def words_of(promotion: Promotion) -> str:
    """Say in a few words what is taken off: "20 % off, at most $10.00"."""
    if promotion.kind == Kind.AMOUNT:
        return _("%(amount)s off") % {"amount": format_money(promotion.amount_minor, promotion.currency)}
    percent = f"{promotion.rate_bp / 100:g}"
    if promotion.most_minor is None:
        return _("%(percent)s %% off") % {"percent": percent}
    most = format_money(promotion.most_minor, promotion.currency)
    return _("%(percent)s %% off, at most %(most)s") % {"percent": percent, "most": most}


def bearer_words(platform_share_bp: int) -> str:
    """Say who bears a discount."""
    if not platform_share_bp:
        return _("The merchant")
    if platform_share_bp == BASIS_POINTS:
        return _("The platform")
    share = f"{platform_share_bp / 100:g}"
    return _("The platform %(share)s %%, the merchant the rest") % {"share": share}
