"""
Writes of cases. Each locks the case first, so that of two people who press at once the second is told who was first.

A case begins with the pipeline's stages, frozen. A deal that is sent again reopens the stages that asked or refused, those whose fields
have changed, and the final one (A10); the others stay passed.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from storefront.deals import pages, snapshots
from tenants.registry.models import Tenant

from . import letters, pipelines
from .models import AuditCase, CaseStage, GuardedPass, ShopVisit, Stage, StageEvidence, StageFields, Step
from .refusals import (
    CaseOver,
    DealChanged,
    EvidenceMissing,
    OwnWork,
    RoleMissing,
    StageDecided,
    StagesOpen,
    TwoGuardedStages,
    WordsMissing,
)
from .scoring import LEAST, MOST, SCORES

State, StageState = AuditCase.State, CaseStage.State
_FROZEN = [one.name for one in StageFields._meta.local_fields]


@dataclass(frozen=True)
class Decision:
    """
    What a person says of a stage: "passed", "asked" or "refused", with words; `wishes` are (audited field or "", what to change).

    `fingerprint` is the case's `exact`, as the person has seen it.
    """

    outcome: str
    fingerprint: str
    note: str = ""
    wishes: list[tuple[str, str]] = field(default_factory=list)


@transaction.atomic
def take_submission(*, tenant: Tenant, told: dict[str, Any], now: datetime) -> AuditCase:
    """
    Open a case for a deal that a mall sent, or go on with the one it has. The same submission again changes nothing. Locks: AuditCase.

    `told` is the payload of `deal.submitted`.
    """
    rows = AuditCase.objects.filter(tenant=tenant, deal=told["deal"])
    case = locked_one(rows) if rows.exists() else None
    if case is not None and case.submission == told["submission"]:
        return case
    is_new, is_approved = case is None, case is not None and case.state == State.APPROVED
    snapshot, before = _with_page(case, told)
    if case is None:
        case = AuditCase(tenant=tenant, deal=told["deal"], pipeline=pipelines.of_mall(tenant, now=now), round=0)
    case.round += 1
    case.title, case.currency, case.is_on_sale = told["title"][:140], told["currency"], bool(told.get("is_on_sale"))
    case.submission, case.fingerprint, case.snapshot, case.before = (
        told["submission"], told["fingerprint"], snapshot, before,
    )  # fmt: skip
    case.page = told.get("page", case.page)
    case.guard, case.submitted_at = told.get("guard") or {}, now
    case.submitted_by, case.submitted_by_id = told["by"]["name"][:160], told["by"]["public_id"]
    case.writers = sorted({*case.writers, *told.get("writers", [])})
    case.state, case.words, case.decided_at = State.OPEN, "", None
    case.version = (case.version or 0) + 1
    case.save()
    known = case.approved if is_approved else before
    changes = list(snapshots.changed(known, case.snapshot)) if known is not None else []
    _step(case, Step.Kind.SUBMITTED, by=case.submitted_by, now=now, changes=changes)
    if is_new:
        _freeze_stages(case, now=now)
    elif case.approved is not None and not snapshots.changed(case.approved, case.snapshot):
        _pass_as_before(case, now=now)
    else:
        _reopen(case, set(changes), now=now)
    _settle(case, by=case.submitted_by, now=now)
    _tell(case)
    return case


def _with_page(case: AuditCase | None, told: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """
    Return what a mall sent and what it sent before (at first what it sells already, if it does), both with the page.

    A release that tells nothing of pages has not changed it; what passed before pages were told is taken to have passed with the page
    that the mall says is approved.
    """
    if case is None:
        return told["snapshot"], told.get("was")
    if "page" not in told:
        return {**pages.part(case.snapshot), **told["snapshot"]}, case.snapshot
    was = told.get("page_was") or {}
    if case.approved is not None:
        case.approved = {**case.approved, **was}
    return told["snapshot"], {**was, **case.snapshot}


def _freeze_stages(case: AuditCase, *, now: datetime) -> None:
    stages = Stage.objects.filter(pipeline=case.pipeline)
    CaseStage.objects.bulk_create(
        CaseStage(case=case, opened_at=now, **{name: getattr(stage, name) for name in _FROZEN}) for stage in stages
    )


def _reopen(case: AuditCase, changes: set[str], *, now: datetime) -> None:
    """Open what the change touches, what asked, refused or was passed by who has changed the deal since; and then the final stage."""
    stages = list(case.stages.select_related("decided_by"))
    for stage in stages:
        is_touched = bool(changes & set(stage.fields)) or (stage.is_final and bool(changes))
        is_own = stage.is_guarded and stage.decided_by is not None and case.is_written_by(stage.decided_by.public_id)
        is_waiting = is_own or stage.state in (StageState.ASKED, StageState.REFUSED)
        is_behind = stage.is_final and any(one.state == StageState.OPEN for one in stages if one is not stage)
        if stage.state == StageState.OPEN or not (is_touched or is_waiting or is_behind):
            continue
        stage.state, stage.opened_at, stage.decided_at, stage.decided_by = StageState.OPEN, now, None, None
        stage.decided_name, stage.wishes = "", []
        stage.save()
        touched = [name for name in snapshots.AUDITED if name in changes and name in stage.fields]
        _step(case, Step.Kind.REOPENED, by=case.submitted_by, now=now, stage=stage, changes=touched)


def _pass_as_before(case: AuditCase, *, now: datetime) -> None:
    """Let a deal that is again what was approved last be approved: a change of it was taken back."""
    again = case.stages.exclude(state=StageState.PASSED)
    again.update(state=StageState.PASSED, decided_at=now, decided_name=_("as approved before"), wishes=[], note="")


@transaction.atomic
def decide(*, case: str, stage: str, decision: Decision, person: User, by: Actor, now: datetime) -> CaseStage:
    """
    Pass a stage, ask for a change, or refuse the deal. Locks: AuditCase.

    :raises CaseOver: nothing is to be decided
    :raises DealChanged: the deal was sent again since
    :raises StageDecided: somebody was first; the message says who and when
    :raises RoleMissing, StagesOpen, OwnWork, TwoGuardedStages, EvidenceMissing, WordsMissing: see `refusals`
    """
    held = locked_one(AuditCase.objects.filter(public_id=case).select_related("tenant"))
    row = held.stages.get(key=stage)
    _refuse(held, row, decision, person)
    if decision.outcome == StageState.PASSED:
        _refuse_pass(held, row, decision, person)
    row.state, row.decided_by, row.decided_name, row.decided_at = decision.outcome, person, by.name[:160], now
    row.note = decision.note.strip()
    row.wishes = [{"field": name, "text": text.strip()} for name, text in decision.wishes if text.strip()]
    row.save()
    said = "; ".join([row.note, *(wish["text"] for wish in row.wishes)]).strip("; ")
    _step(held, Step.Kind(decision.outcome), by=by.name, now=now, stage=row, note=said)
    audit.record(
        action=f"audit.stage_{decision.outcome}",
        subject=("audit", held.public_id),
        summary=phrase(
            gettext_lazy("%(title)s, %(mall)s: %(stage)s. %(words)s"),
            title=held.title,
            mall=held.tenant.name,
            stage=row.name,
            words=said,
        ),
        by=by,
        now=now,
        mall=held.tenant.public_id,
        stage=row.key,
    )
    held.version += 1
    _settle(held, by=by.name, now=now)
    _tell(held)
    if letters.is_told(held, row):
        enqueue("ops_console.audits.write", case=held.public_id, stage=row.key)
    return row


def _refuse(case: AuditCase, stage: CaseStage, decision: Decision, person: User) -> None:
    if case.state not in (State.OPEN, State.ASKED) and stage.state == StageState.OPEN:
        raise CaseOver
    if stage.state != StageState.OPEN:
        at = f"{date_format(timezone.localtime(stage.decided_at, UTC), 'DATETIME_FORMAT')} UTC"
        words = {"name": stage.decided_name, "at": at, "state": stage.get_state_display(), "stage": stage.label}
        raise StageDecided(_("%(name)s decided “%(stage)s” at %(at)s: %(state)s.") % words)
    if decision.fingerprint != case.exact:
        raise DealChanged
    if not roles.has_role(person, tuple(stage.roles)):
        raise RoleMissing
    is_worded = any(text.strip() for _name, text in decision.wishes)
    if (decision.outcome == StageState.ASKED and not is_worded) or (
        decision.outcome == StageState.REFUSED and len(decision.note.strip()) < 3
    ):
        raise WordsMissing


def _refuse_pass(case: AuditCase, stage: CaseStage, decision: Decision, person: User) -> None:
    """Keep the order, the separation of duties and the evidence. The guard's row is written last, and the database has its say."""
    if stage.is_final and case.stages.exclude(pk=stage.pk).exclude(state=StageState.PASSED).exists():
        raise StagesOpen
    lacking = missing_evidence(case, stage, note=decision.note)
    if lacking:
        raise EvidenceMissing(_("Before it passes: %(what)s.") % {"what": "; ".join(lacking)})
    if not stage.is_guarded:
        return
    if case.is_written_by(person.public_id):
        raise OwnWork
    earlier = GuardedPass.objects.filter(case=case, person=person).first()
    if earlier is not None and earlier.stage != stage.key:
        raise TwoGuardedStages
    if earlier is None:
        try:
            with transaction.atomic():
                GuardedPass.objects.create(case=case, person=person, stage=stage.key)
        except IntegrityError as error:
            raise TwoGuardedStages from error


def missing_evidence(case: AuditCase, stage: CaseStage, *, note: str = "") -> list[str]:
    """Return what a stage still needs before it can pass, in words. What earlier rounds brought counts."""
    found = []
    kept = set(StageEvidence.objects.filter(case=case, stage=stage.key).values_list("kind", flat=True))
    if "picture" in stage.evidence and "picture" not in kept:
        found.append(_("add a picture"))
    if "text" in stage.evidence and "text" not in kept and len(note.strip()) < 3:
        found.append(_("write what was found"))
    if stage.visits_needed:
        visits = list(case.visits.all())
        if len(visits) < stage.visits_needed:
            found.append(
                _("%(there)d of %(needed)d visits to the shop") % {"there": len(visits), "needed": stage.visits_needed}
            )
        elif sum(visit.mean_tenths for visit in visits) < stage.least_score * len(visits):
            found.append(_("the scores are under %(least)s of 5") % {"least": f"{stage.least_score / 10:g}"})
    return found


@transaction.atomic
def note_visit(
    *, case: str, scores: dict[str, int], words: str, recommends: bool, person: User, now: datetime
) -> ShopVisit:
    """
    Write down a visit to the shop; a person's second report takes the place of the first. Locks: AuditCase.

    :raises CaseOver: the deal has ended
    :raises WordsMissing: a score is missing or no number from 1 to 5, or nothing is said
    """
    held = locked_one(AuditCase.objects.filter(public_id=case).select_related("tenant"))
    if held.state == State.CLOSED:
        raise CaseOver
    if set(scores) != set(SCORES) or not all(LEAST <= one <= MOST for one in scores.values()) or len(words.strip()) < 3:
        raise WordsMissing(_("Give every score, and say in a sentence what you found."))
    name = person.get_full_name()[:160]
    visit, _is_new = ShopVisit.objects.update_or_create(
        case=held,
        person=person,
        defaults={
            "person_name": name, "visited_at": now, "scores": scores, "words": words.strip()[:4000], "recommends": recommends,
        },
    )  # fmt: skip
    mean = f"{visit.mean_tenths / 10:g}"
    _step(
        held, Step.Kind.VISITED, by=name, now=now, note=_("%(mean)s of 5. %(words)s") % {"mean": mean, "words": words}
    )
    return visit


@transaction.atomic
def close(*, tenant: Tenant, deal: str, now: datetime) -> None:
    """Close the case of a deal that has ended. Repeated, or without a case, it changes nothing. Locks: AuditCase."""
    rows = AuditCase.objects.filter(tenant=tenant, deal=deal).exclude(state=State.CLOSED)
    if not rows.exists():
        return
    case = locked_one(rows)
    case.state, case.decided_at, case.told_version = State.CLOSED, now, case.version
    case.save()
    _step(case, Step.Kind.CLOSED, by=case.tenant.name, now=now)


def _settle(case: AuditCase, *, by: str, now: datetime) -> None:
    """Let the case follow its stages, and save it."""
    stages = list(case.stages.all())
    states = {stage.state for stage in stages}
    was = case.state
    if StageState.REFUSED in states:
        case.state = State.REFUSED
        case.words = next(stage.note for stage in stages if stage.state == StageState.REFUSED)
    elif StageState.ASKED in states:
        case.state = State.ASKED
    elif states == {StageState.PASSED}:
        case.state, case.approved = State.APPROVED, case.snapshot
        _step(case, Step.Kind.APPROVED, by=by, now=now)
    else:
        case.state = State.OPEN
    case.decided_at = None if case.state == State.OPEN else (now if case.state != was else case.decided_at)
    case.save()


def _step(
    case: AuditCase, kind: Step.Kind, *, by: str, now: datetime, stage: CaseStage | None = None, **fields: Any
) -> None:
    key, name = (stage.key, stage.name) if stage else ("", "")
    Step.objects.create(case=case, kind=kind, stage=key, name=name, by=by[:160], at=now, round=case.round, **fields)


def _tell(case: AuditCase) -> None:
    enqueue("ops_console.audits.tell", case=case.public_id)
