"""Writes of commission terms: rows are only added."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.money import BASIS_POINTS

from .models import CommissionTerm
from .queries import explanation


class TermRefused(DomainError):
    """The rule has no meaning: its rate, its limits, its window or its scope."""

    code = "term_refused"


class TermTies(DomainError):
    """Another rule of the same scope starts at the same instant; nobody could say which one wins."""

    code = "term_ties"
    message = _("Another rule for the same thing starts at the same moment.")


@dataclass(frozen=True)
class TermDraft:
    """A commission rule to add. Rates in basis points, limits in minor units for each line."""

    name: str
    rate_bp: int
    starts_at: datetime
    ends_at: datetime | None = None
    scope: str = CommissionTerm.Scope.MALL
    scope_id: str = ""
    minimum_minor: int = 0
    maximum_minor: int | None = None


@transaction.atomic
def add_term(*, draft: TermDraft, by: Actor, now: datetime) -> CommissionTerm:
    """
    Add a rule. Earlier rows stay as they are; of two running rules of a scope the one that started last applies.

    Locks: the unique scope and start.

    :raises TermRefused: a rate over the whole, limits or a window that are turned round, a start in the past (M9), a scope without its id
    :raises TermTies: a rule of the same scope starts at the same instant
    """
    _refuse_nonsense(draft, now=now)
    try:
        with transaction.atomic():
            term = CommissionTerm.objects.create(**vars(draft), created_at=now)
    except IntegrityError as error:
        raise TermTies(scope=draft.scope, scope_id=draft.scope_id) from error
    audit.record(action="terms.added", subject=("term", term.public_id), summary=explanation(term), by=by, now=now)
    return term


def _refuse_nonsense(draft: TermDraft, *, now: datetime) -> None:
    if not 0 <= draft.rate_bp <= BASIS_POINTS:
        raise TermRefused(_("A rate is between 0 % and 100 %."), field="rate_bp")
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
