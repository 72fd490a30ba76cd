"""The commission terms as people read them: what runs, what comes, what was, and what is offered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from saas.ui.formats import format_money, listed
from storefront.catalog.models import Category
from storefront.deals.models import Deal
from storefront.stores import moments
from storefront.terms import proposals
from storefront.terms.models import CommissionTerm, TermProposal
from storefront.terms.queries import ORDER
from tenants.isolation.current import mall

Scope = CommissionTerm.Scope


@dataclass(frozen=True)
class TermRow:
    """
    A rule in words. `state` is running, replaced (another rule of its scope stands in its place), coming or past.

    `first_on` and `last_on` are its first and its last day on the mall's clock, whoever reads them. From `gives_way_on` on, if that is
    to come, the rule of that name stands in its place.
    """

    name: str
    where: str
    rate: str
    tax: str
    agency: str
    limits: str
    first_on: date
    last_on: date | None
    state: str
    agreed_by: str
    gives_way_on: date | None = None
    gives_way_to: str = ""


@dataclass(frozen=True)
class OfferRow:
    """An offer in words: its rule, and the rules that stand now where it would stand."""

    public_id: str
    rule: TermRow
    before: list[str]
    reason: str
    by: str
    at: datetime
    answer_until: datetime
    state: str
    word: str
    answer: str
    decided_by: str
    decided_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for the merchant."""
        return self.state == TermProposal.State.OPEN


@dataclass(frozen=True)
class Schedule:
    """All terms of a mall: `offers` open ones first."""

    running: list[TermRow]
    coming: list[TermRow]
    past: list[TermRow]
    offers: list[OfferRow]

    @property
    def answered(self) -> list[OfferRow]:
        """Offers that wait for nobody any more."""
        return [one for one in self.offers if not one.is_open]


def schedule(*, at: datetime) -> Schedule:
    """Return the mall's terms as they are at `at`. Four queries at most, whatever the number of rules."""
    terms = list(CommissionTerm.objects.order_by("starts_at"))
    offered = list(TermProposal.objects.order_by("-proposed_at")[:50])
    names = _names([*terms, *offered])
    states = _states(terms, at)
    # Who steps back for whom; of two that come, for the first.
    coming = [term for term in terms if states[term.pk] == "coming"]
    ways = {key: term for term in reversed(coming) for key in term.replaces}
    rows = [_row(term, names, states[term.pk], ways.get(term.public_id)) for term in sorted(terms, key=_place)]
    return Schedule(
        running=[row for row in rows if row.state in ("running", "replaced")],
        coming=[row for row in rows if row.state == "coming"],
        past=[row for row in rows if row.state == "past"][::-1],
        offers=sorted((_offer(one, names) for one in offered), key=lambda offer: not offer.is_open),
    )


def offer(public_id: str) -> OfferRow | None:
    """Return one offer, None where there is none."""
    found = TermProposal.objects.filter(public_id=public_id).first()
    return _offer(found, _names([found])) if found else None


def open_offers() -> int:
    """Return how many offers wait for the merchant."""
    return TermProposal.objects.filter(state=TermProposal.State.OPEN).count()


def scopes() -> list[tuple[str, str]]:
    """Return what a rule can be for, as choices ("scope:id", words): the mall, kinds, categories, deals that are not over."""
    return [
        ("mall:", str(Scope.MALL.label)),
        *((f"deal_kind:{kind.value}", str(kind.label)) for kind in Deal.Kind),
        *((f"category:{slug}", name) for slug, name in Category.objects.order_by("name").values_list("slug", "name")),
        *(
            (f"deal:{key}", title)
            for key, title in Deal.objects.exclude(state=Deal.State.ENDED)
            .order_by("title")
            .values_list("public_id", "title")
        ),
    ]


def _place(term: CommissionTerm) -> tuple[int, str, datetime]:
    return ORDER.index(Scope(term.scope)), term.scope_id, term.starts_at


def _states(terms: Sequence[CommissionTerm], at: datetime) -> dict[int, str]:
    """Tell of each rule, given in the order of their starts, where it stands; the last that started wins in its scope."""
    states: dict[int, str] = {}
    winners: dict[tuple[str, str], int] = {}
    for term in terms:
        if term.starts_at > at:
            states[term.pk] = "coming"
        elif term.ends_at is not None and term.ends_at <= at:
            states[term.pk] = "past"
        else:
            if before := winners.get((term.scope, term.scope_id)):
                states[before] = "replaced"
            winners[term.scope, term.scope_id] = term.pk
            states[term.pk] = "running"
    return states


def _names(rules: Iterable[CommissionTerm | TermProposal]) -> dict[tuple[str, str], str]:
    wanted = {(rule.scope, rule.scope_id) for rule in rules}
    deals = [key for scope, key in wanted if scope == Scope.DEAL]
    slugs = [key for scope, key in wanted if scope == Scope.CATEGORY]
    names = {("mall", ""): str(Scope.MALL.label)}
    names |= {("deal_kind", kind.value): str(kind.label) for kind in Deal.Kind}
    if deals:
        found = Deal.objects.filter(public_id__in=deals).values_list("public_id", "title")
        names |= {("deal", key): title for key, title in found}
    if slugs:
        shelves = Category.objects.filter(slug__in=slugs).values_list("slug", "name")
        names |= {("category", slug): name for slug, name in shelves}
    return names


def _row(
    term: CommissionTerm, names: dict[tuple[str, str], str], state: str, way: CommissionTerm | None = None
) -> TermRow:
    return TermRow(
        name=term.name,
        where=names.get((term.scope, term.scope_id), term.scope_id),
        rate=f"{term.rate_bp / 100:g} %",
        tax=f"{term.tax_rate_bp / 100:g} %" if term.tax_rate_bp else "",
        agency=f"{term.agency_rate_bp / 100:g} %" if term.agency_rate_bp else "",
        limits=_limits(term),
        first_on=moments.local(term.starts_at).date(),
        last_on=moments.local(term.ends_at - timedelta(microseconds=1)).date() if term.ends_at else None,
        state=state,
        agreed_by=term.agreed_by,
        gives_way_on=moments.local(way.starts_at).date() if way else None,
        gives_way_to=way.name if way else "",
    )


def _limits(term: CommissionTerm) -> str:
    currency = mall().currency
    parts = []
    if term.minimum_minor:
        parts.append(_("at least %(amount)s") % {"amount": format_money(term.minimum_minor, currency)})
    if term.maximum_minor is not None:
        parts.append(_("at most %(amount)s") % {"amount": format_money(term.maximum_minor, currency)})
    return listed(parts)


def _offer(found: TermProposal, names: dict[tuple[str, str], str]) -> OfferRow:
    return OfferRow(
        public_id=found.public_id,
        rule=_row(proposals.as_term(found), names, "offered"),
        before=list(found.before),
        reason=found.reason,
        by=found.proposed_by,
        at=found.proposed_at,
        answer_until=found.answer_until,
        state=found.state,
        word=found.get_state_display(),
        answer=found.answer,
        decided_by=found.decided_by,
        decided_at=found.decided_at,
    )
