"""The guard and the audit of a deal, shaped for the back office."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from saas.ui.charts import Chart
from storefront.deals import gates, guard, sending, snapshots
from storefront.deals.capacity import Examination, Finding, Kind
from storefront.deals.checks import DealDraft
from storefront.deals.models import Deal, DealReview
from tenants.isolation.current import mall

State = DealReview.State
# State -> its word and the badge's kind.
WORDS = {
    State.NONE: (gettext_lazy("Not sent to the audit"), ""),
    State.SUBMITTED: (gettext_lazy("Being audited"), "info"),
    State.ASKED: (gettext_lazy("A change is asked for"), "warning"),
    State.APPROVED: (gettext_lazy("Audit passed"), "success"),
    State.REFUSED: (gettext_lazy("Refused by the audit"), "danger"),
}
STAGES = {
    "passed": (gettext_lazy("passed"), "success"),
    "asked": (gettext_lazy("asks for a change"), "warning"),
    "refused": (gettext_lazy("refused"), "danger"),
}
KINDS = {Kind.STOP: "danger", Kind.THINK: "warning", Kind.ASK: "info"}
# Where the form has a field that the draft names otherwise.
_ANCHORS = {
    "price_minor": "offer",
    "cost_minor": "guard",
    "service_minutes": "guard",
    "units_total": "units",
    "stores": "stores",
}


@dataclass(frozen=True)
class GuardView:
    """
    The guard's answer for a page: findings as (badge kind, text, link to where it is filled in), figures, and a chart with its table
    (None: unknown).
    """

    found: Examination
    currency: str
    findings: list[tuple[str, str, str]]
    chart: Chart | None

    @property
    def use_percent(self) -> int | None:
        """How much of the places that are counted on is taken, in whole percent."""
        return None if self.found.use_bp is None else self.found.use_bp // 100


@dataclass(frozen=True)
class ReviewView:
    """
    A deal's audit for its page.

    `stages` are (name, word, kind), `asked` (field's label, text, anchor), `changes` (label, before, after).
    """

    review: DealReview
    word: object
    kind: str
    stages: list[tuple[str, object, str]]
    asked: list[tuple[str, str, str]]
    changes: list[tuple[str, str, str]]
    has_change: bool
    may_send: bool


def guard_view(found: Examination, *, currency: str) -> GuardView:
    """Shape what the guard found."""
    findings = [(KINDS[one.kind], one.text, _where(one)) for one in found.findings]
    return GuardView(found, currency, findings, _chart(found) if found.slots is not None else None)


def _where(one: Finding) -> str:
    if one.store:
        return reverse("backoffice:store", args=[one.store]) + "#stations"
    return "#" + _ANCHORS.get(one.field, "offer")


def _chart(found: Examination) -> Chart:
    bars = [
        (_("Fit into the hours"), found.slots or 0),
        (_("Counted on"), found.usable or 0),
        (_("Other deals"), found.taken or 0),
        (_("This deal"), found.units),
    ]
    return Chart(
        title=_("Guests while vouchers are valid"),
        labels=[label for label, _value in bars],
        values=[value for _label, value in bars],
        shown=[f"{value:,}" for _label, value in bars],
        names=(_("What"), _("Guests")),
        last_name=_("This deal"),
        empty=_("Nobody can be served in these hours."),
    )


def review_view(deal: Deal) -> ReviewView | None:
    """Shape a deal's audit; None in a mall that publishes alone."""
    if mall().audited_at is None or deal.state == Deal.State.ENDED:
        return None
    review = DealReview.objects.filter(deal=deal).first() or DealReview(deal=deal)
    word, kind = WORDS[State(review.state)]
    has_change = review.proposed is not None or review.proposed_page is not None
    is_sent = review.state == State.SUBMITTED and _is_sent(deal, review)
    return ReviewView(
        review=review,
        word=word,
        kind=kind,
        stages=[
            (str(one["name"]), *STAGES.get(one.get("state", ""), (pgettext("stage", "open"), "")))
            for one in review.stages
        ],
        asked=[
            (
                str(snapshots.LABELS.get(one.get("field", ""), "")),
                one["text"],
                _ANCHORS.get(one.get("field", ""), "offer"),
            )
            for one in review.asked
        ],
        changes=_changes(deal, review),
        has_change=has_change,
        may_send=not is_sent and (has_change or (deal.state == Deal.State.DRAFT and bool(gates.unaudited(deal)))),
    )


def _is_sent(deal: Deal, review: DealReview) -> bool:
    exact = snapshots.fingerprint(snapshots.snapshot(sending.draft_to_send(deal, review)))
    return exact == review.fingerprint and gates.is_page(deal, review, review.sent_page, since=review.submitted_at)


def _changes(deal: Deal, review: DealReview) -> list[tuple[str, str, str]]:
    if review.proposed is None and review.proposed_page is None:
        return []
    before, after = sending.sold(deal) or {}, sending.to_send(deal, review)
    return [
        (
            str(snapshots.LABELS[name]),
            snapshots.shown(name, before, currency=deal.currency),
            snapshots.shown(name, after, currency=deal.currency),
        )
        for name in snapshots.changed(before, after)
    ]


def written(deal: Deal) -> DealDraft:
    """Return what the form of a deal starts from: the change that waits for the audit, or the deal."""
    review = DealReview.objects.filter(deal=deal).first()
    return snapshots.from_json(review.proposed) if review and review.proposed else snapshots.draft_of(deal)


def unsaid(deal: Deal, *, at: datetime) -> list[tuple[str, str]]:
    """Return what the guard would have to know of a deal to say whether it can be served: (text, link to where it is filled in)."""
    here = reverse("backoffice:deal", args=[deal.public_id])
    found = guard.examined(snapshots.draft_of(deal), deal=deal, at=at).of(Kind.ASK)
    return [(one.text, where if (where := _where(one)).startswith("/") else here + where) for one in found]


def standing_guard(deal: Deal, *, at: datetime) -> tuple[GuardView, DealReview | None, bool]:
    """Return the guard's view of a deal as it is written, its review row if any, and whether an override is needed and missing."""
    draft = written(deal)
    view = guard_view(guard.examined(draft, deal=deal, at=at), currency=deal.currency)
    review = DealReview.objects.filter(deal=deal).first()
    return view, review, view.found.is_stopped and not guard.is_overridden(draft, deal, at=at)
