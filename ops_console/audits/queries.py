"""Reads of audits, shaped for the console."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.ui.charts import Chart
from saas.ui.formats import listed
from storefront.deals import pages, snapshots

from . import deal_pictures, differing, operations
from .differing import Part
from .models import AuditCase, CaseStage, GuardedPass, ShopVisit, StageEvidence, Step
from .scoring import SCORES

State, StageState = AuditCase.State, CaseStage.State
_PICTURES = ("picture_id", "page_gallery")
STANDING = (State.OPEN, State.ASKED)
# State -> badge's kind.
KINDS = {
    "open": "info",
    "asked": "warning",
    "approved": "success",
    "passed": "success",
    "refused": "danger",
    "closed": "",
}
ICONS = {
    Step.Kind.SUBMITTED: ("send", ""),
    Step.Kind.REOPENED: ("rotate-ccw", "warning"),
    Step.Kind.PASSED: ("circle-check", "success"),
    Step.Kind.ASKED: ("message-square", "warning"),
    Step.Kind.REFUSED: ("circle-x", "danger"),
    Step.Kind.VISITED: ("footprints", ""),
    Step.Kind.APPROVED: ("badge-check", "success"),
    Step.Kind.CLOSED: ("circle-stop", ""),
}
TITLES = {
    Step.Kind.SUBMITTED: gettext_lazy("Sent to the audit"),
    Step.Kind.VISITED: gettext_lazy("The shop was visited"),
    Step.Kind.APPROVED: gettext_lazy("Approved: it may be sold"),
    Step.Kind.CLOSED: gettext_lazy("The deal has ended"),
}


@dataclass(frozen=True)
class StageRow:
    """A stage for its case's page: what it needs, who may pass it, what this person may do, and why not (`hindrance`)."""

    stage: CaseStage
    kind: str
    evidence: list[StageEvidence]
    missing: list[str]
    holders: str
    hindrance: str
    fields: str
    wishes: list[tuple[str, str]]

    @property
    def may_decide(self) -> bool:
        """Whether the person may say anything of it now."""
        return self.stage.state == StageState.OPEN and not self.hindrance


@dataclass(frozen=True)
class Line:
    """
    One audited value: as it was (None where nothing came before) and as it is, in pieces of (whether it differs, text); `is_changed` since
    the last round.

    `pictures`: which there are to be shown, as it was and as it is (`deal_pictures.opened`).
    """

    label: str
    before: list[Part] | None
    after: list[Part]
    is_changed: bool
    is_differing: bool
    pictures: tuple[list[str], list[str]]


def own_stages(person: User) -> "QuerySet[CaseStage]":
    """Return the open stages that the person may pass now: by role, order and separation of duties."""
    mine = Q(pk__in=[])
    for name in person.groups.values_list("name", flat=True):
        mine |= Q(roles__contains=[name])
    elsewhere = GuardedPass.objects.filter(case=OuterRef("case"), person=person).exclude(stage=OuterRef("key"))
    others = CaseStage.objects.filter(case=OuterRef("case"), is_final=False).exclude(state=StageState.PASSED)
    rows = CaseStage.objects.filter(mine, state=StageState.OPEN, case__state__in=STANDING)
    rows = rows.exclude(Q(is_guarded=True) & Exists(elsewhere)).exclude(Q(is_final=True) & Exists(others))
    own = Q(case__submitted_by_id=person.public_id) | Q(case__writers__contains=[person.public_id])
    return rows.exclude(own, is_guarded=True)


def matching(wanted: Mapping[str, Any], *, view: str, person: User) -> "QuerySet[AuditCase]":
    """Return cases for the list, the longest waiting first. `view`: mine, waiting, merchant, over, or "" for all."""
    rows = AuditCase.objects.select_related("tenant").prefetch_related("stages")
    if view == "mine":
        rows = rows.filter(pk__in=own_stages(person).values("case"))
    elif view == "waiting":
        rows = rows.filter(state=State.OPEN)
    elif view == "merchant":
        rows = rows.filter(state=State.ASKED)
    elif view == "over":
        rows = rows.exclude(state__in=STANDING).order_by("-decided_at", "-pk")
    for word in (wanted.get("q") or "").split():
        rows = rows.filter(Q(title__icontains=word) | Q(tenant__name__icontains=word) | Q(stages__name__icontains=word))
    return rows.distinct()


def stage_rows(case: AuditCase, person: User) -> list[StageRow]:
    """Shape the stages of a case for a person."""
    pieces: dict[str, list[StageEvidence]] = {}
    for piece in case.evidence.all():
        pieces.setdefault(piece.stage, []).append(piece)
    stages = list(case.stages.all())
    guarded = GuardedPass.objects.filter(case=case, person=person).first()
    return [
        StageRow(
            stage=stage,
            kind=KINDS.get(stage.state, ""),
            evidence=pieces.get(stage.key, []),
            missing=operations.missing_evidence(case, stage) if stage.state == StageState.OPEN else [],
            holders=roles.words(stage.roles),
            hindrance=_hindrance(case, stage, stages, person, guarded),
            fields=listed(snapshots.LABELS[name] for name in stage.fields if name in snapshots.LABELS),
            wishes=[(str(snapshots.LABELS.get(one.get("field", ""), "")), one["text"]) for one in stage.wishes],
        )
        for stage in stages
    ]


def _hindrance(
    case: AuditCase, stage: CaseStage, stages: Sequence[CaseStage], person: User, guarded: GuardedPass | None
) -> str:
    if case.state not in STANDING:
        return _("Nothing is to be decided.")
    if not roles.has_role(person, tuple(stage.roles)):
        return _("Passed by: %(roles)s.") % {"roles": roles.words(stage.roles)}
    if stage.is_guarded and guarded is not None and guarded.stage != stage.key:
        name = next((one.label for one in stages if one.key == guarded.stage), guarded.stage)
        return _("You have passed “%(stage)s”. Another person must pass this one.") % {"stage": name}
    if stage.is_guarded and case.is_written_by(person.public_id):
        return _("You wrote, changed or sent this deal yourself. Another person must pass this one.")
    if stage.is_final and any(one.state != StageState.PASSED for one in stages if one is not stage):
        return _("It comes last: other stages are still open.")
    return ""


def lines(case: AuditCase) -> list[Line]:
    """Return the audited values by the mall's clock: as approved last (else as sent before), as they are, and which differ."""
    old = case.approved or case.before
    recent = set(snapshots.changed(case.before, case.snapshot)) if case.before else set()
    other = set(snapshots.changed(old, case.snapshot)) if old else set()
    with timezone.override(ZoneInfo(case.tenant.time_zone)):
        return [
            _line(case, name, old, is_changed=name in recent, is_differing=name in other)
            for name in snapshots.LABELS
            if case.snapshot.get(name) not in (None, "", []) or name in other
        ]


def _line(case: AuditCase, name: str, old: snapshots.Snapshot | None, *, is_changed: bool, is_differing: bool) -> Line:
    after = snapshots.shown(name, case.snapshot, currency=case.currency)
    before = snapshots.shown(name, old, currency=case.currency) if old else None
    left, right = [(is_differing, before or "")], [(is_differing, after)]
    if is_differing and before is not None and name in pages.FIELDS:
        left, right = differing.parts(before, after)
    sides = (deal_pictures.BEFORE, deal_pictures.NOW) if name in _PICTURES else ()
    shots = [deal_pictures.shown(case, side, name) for side in sides] or [[], []]
    return Line(
        label=str(snapshots.LABELS[name]),
        before=None if before is None else left,
        after=right,
        is_changed=is_changed,
        is_differing=is_differing,
        pictures=(shots[0], shots[1]),
    )


def _decision(step: Step) -> str:
    stage = gettext(step.name) if step.name else ""
    return _("%(stage)s: %(decision)s") % {"stage": stage, "decision": step.get_kind_display().lower()}


def timeline(case: AuditCase) -> list[dict[str, object]]:
    """Return what happened, newest first, for ui/timeline.html."""
    found: list[dict[str, object]] = []
    for step in case.steps.order_by("-pk")[:200]:
        icon, kind = ICONS[Step.Kind(step.kind)]
        changes = listed(snapshots.LABELS.get(name, name) for name in step.changes)
        title = TITLES.get(Step.Kind(step.kind)) or _decision(step)
        found.append(
            {
                "title": title,
                "at": f"{date_format(step.at, 'DATETIME_FORMAT')} UTC",
                "by": step.by,
                "icon": icon,
                "kind": kind,
                "text": " ".join(
                    part for part in (step.note, changes and _("Changed: %(what)s.") % {"what": changes}) if part
                ),
            }
        )
    return found


def visit_rows(case: AuditCase) -> list[tuple[ShopVisit, str, list[tuple[object, int]]]]:
    """Return visits to the shop with their mean and scores by name."""
    return [
        (visit, f"{visit.mean_tenths / 10:g}", [(label, visit.scores.get(key, 0)) for key, label in SCORES.items()])
        for visit in case.visits.all()
    ]


def guard_chart(guard: Mapping[str, Any]) -> Chart | None:
    """Return the guard's figures as they were when the deal was sent; None while something was unknown."""
    if guard.get("slots") is None:
        return None
    bars = [
        (_("Fit into the hours"), guard["slots"]),
        (_("Counted on"), guard["usable"]),
        (_("Other deals"), guard["taken"]),
        (_("This deal"), guard["units"]),
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


def waits(case: AuditCase, *, now: datetime) -> tuple[int, str]:
    """Return for how many whole hours a case has waited, and that in words."""
    hours = max(int((now - case.submitted_at).total_seconds()) // 3600, 0)
    if hours < 48:
        return hours, _("%(hours)d h") % {"hours": hours}
    return hours, _("%(days)d days") % {"days": hours // 24}
