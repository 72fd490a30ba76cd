"""Writes of commission terms: rows are only added."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import each
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked
from saas.kernel.money import BASIS_POINTS

from . import commission
from .models import CommissionTerm
from .queries import explanation, in_words


class TermRefused(DomainError):
    """The rule has no meaning: its rate, its limits, its window or its scope."""

    code = "term_refused"


class TermTies(DomainError):
    """Another rule of the same scope starts at the same instant; nobody could say which one wins."""

    code = "term_ties"
    message = _("Another rule for the same thing starts at the same moment.")


class TermOverlaps(DomainError):
    """Another rule of the same scope runs in the same time, and the new one does not say that it replaces it."""

    code = "term_overlaps"


@dataclass(frozen=True)
class TermDraft:
    """
    A commission rule to add. Rates in basis points, `tax_rate_bp` of the commission, limits in minor units for each line.
    `is_replacing`: rules of the same scope whose time it overlaps step back while it runs; without it an overlap is refused.
    """

    name: str
    rate_bp: int
    starts_at: datetime
    ends_at: datetime | None = None
    scope: str = CommissionTerm.Scope.MALL
    scope_id: str = ""
    minimum_minor: int = 0
    maximum_minor: int | None = None
    agency_rate_bp: int = 0
    tax_rate_bp: int = 0
    is_replacing: bool = False


@transaction.atomic
def add_term(*, draft: TermDraft, by: Actor, now: datetime) -> CommissionTerm:
    """
    Add a rule. Earlier rows stay as they are; of two running rules of a scope the one that started last applies.

    Locks: the mall-wide rules, so that two additions see each other; the unique scope and start.

    :raises TermRefused: rates over the whole, limits or a window that are turned round, a start in the past (M9), a scope without its id
    :raises TermOverlaps: a rule of the same scope runs in its time, and it does not replace it
    :raises TermTies: a rule of the same scope starts at the same instant
    """
    refuse_nonsense(draft, now=now)
    locked(CommissionTerm.objects.filter(scope=CommissionTerm.Scope.MALL))
    replaced = refuse_overlap(draft)
    fields = {name: value for name, value in vars(draft).items() if name != "is_replacing"}
    try:
        with transaction.atomic():
            term = CommissionTerm.objects.create(
                **fields,
                replaces=[one.public_id for one in replaced],
                agreed_by=by.name[:160] if by.kind == "merchant" else "",
                created_at=now,
            )
    except IntegrityError as error:
        raise TermTies(scope=draft.scope, scope_id=draft.scope_id) from error
    audit.record(
        action="terms.added",
        subject=("term", term.public_id),
        summary=each(lambda: in_words(term)),
        by=by,
        now=now,
    )
    return term


def refuse_overlap(draft: TermDraft) -> list[CommissionTerm]:
    """
    Return the rules that the draft would replace, oldest first.

    :raises TermOverlaps: there are some, and it does not say that it replaces them
    """
    time = Q(ends_at__isnull=True) | Q(ends_at__gt=draft.starts_at)
    if draft.ends_at is not None:
        time &= Q(starts_at__lt=draft.ends_at)
    found = list(CommissionTerm.objects.filter(time, scope=draft.scope, scope_id=draft.scope_id).order_by("starts_at"))
    if found and not draft.is_replacing:
        names = ", ".join(explanation(one) for one in found[:5])
        raise TermOverlaps(
            _("It overlaps %(rules)s. Say that it replaces them, or choose another time.") % {"rules": names}
        )
    return found


def refuse_nonsense(draft: TermDraft, *, now: datetime) -> None:
    """
    Check a draft by itself.

    :raises TermRefused: rates over the whole, limits or a window that are turned round, a start in the past (M9), a scope without its id
    """
    if not 0 <= draft.rate_bp <= BASIS_POINTS:
        raise TermRefused(_("A rate is between 0 % and 100 %."), field="rate_bp")
    if draft.agency_rate_bp < 0 or draft.rate_bp + draft.agency_rate_bp > BASIS_POINTS:
        raise TermRefused(_("Commission and agency's share cannot be more than the whole."), field="agency_rate_bp")
    if not 0 <= draft.tax_rate_bp <= BASIS_POINTS:
        raise TermRefused(_("A rate is between 0 % and 100 %."), field="tax_rate_bp")
    rates = {"rate_bp": draft.rate_bp, "tax_rate_bp": draft.tax_rate_bp, "agency_rate_bp": draft.agency_rate_bp}
    if commission.deducted_bp(**rates) > BASIS_POINTS:
        raise TermRefused(
            _("Commission, its tax and agency's share cannot be more than the whole."), field="tax_rate_bp"
        )
    if draft.minimum_minor < 0 or (draft.maximum_minor is not None and draft.maximum_minor < draft.minimum_minor):
        raise TermRefused(_("The most that is taken cannot be below the least."), field="maximum_minor")
    if draft.starts_at < now:
        raise TermRefused(_("A rule cannot start in the past."), field="starts_at")
    if draft.ends_at is not None and draft.ends_at <= draft.starts_at:
        raise TermRefused(_("A rule ends after it starts."), field="ends_at")
    if draft.scope not in CommissionTerm.Scope.values or (draft.scope == CommissionTerm.Scope.MALL) != (
        draft.scope_id == ""
    ):
        raise TermRefused(_("A rule is for the whole mall or names what it is for."), field="scope")
