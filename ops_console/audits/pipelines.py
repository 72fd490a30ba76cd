"""Pipelines: the default's six stages, which one a mall has, how one is changed, and which malls are audited at all."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.packages.models import Package, Subscription
from ops_console.mandates import roles, standing
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.ui.formats import listed
from storefront.deals import pages
from storefront.deals.snapshots import AUDITED
from tenants.registry.models import Tenant

from .models import MallAudit, Pipeline, Stage

EVIDENCE = {
    "picture": gettext_lazy("a picture"),
    "text": gettext_lazy("a text of what was found"),
    "scores": gettext_lazy("a visit with scores"),
}
_WINDOWS = ["sale_starts_at", "sale_ends_at", "valid_from_at", "valid_until_at", "valid_days"]


class PipelineRefused(DomainError):
    """The stages do not make a pipeline."""

    code = "pipeline_refused"


class StillHosted(DomainError):
    """The mall's contract lets the agency work on deals, so that none goes on sale on the word of one of its people."""

    code = "still_hosted"
    message = gettext_lazy(
        "The contract lets the agency work on this mall's deals, so they are audited as long as it runs."
    )


@dataclass(frozen=True)
class StageDraft:
    """A stage as the console writes it; see `models.StageFields`."""

    key: str
    name: str
    roles: list[str]
    fields: list[str]
    checks: str = ""
    evidence: list[str] = field(default_factory=list)
    is_guarded: bool = False
    is_final: bool = False
    visits_needed: int = 0
    least_score: int = 0


@dataclass(frozen=True)
class PipelineDraft:
    """A pipeline as the console writes it: for a trade, a package, or neither. `stages` are in their order."""

    name: str
    stages: list[StageDraft]
    trade: str = ""
    package: Package | None = None


def standard() -> list[StageDraft]:
    """Return the six stages that hosted malls have by default. Four are guarded: a deal needs four people besides who wrote it."""
    reviewers = [roles.REVIEWER, roles.ACCOUNT_MANAGER, roles.MANAGER, roles.ADMIN]
    return [
        StageDraft(
            "desk", _("Desk check"), [roles.OPERATOR, roles.CARE, *reviewers],
            ["title", "summary", "picture_id", "category_id", "contents", "rules", *pages.FIELDS],
            _("Title, text and picture say what one gets\nSpelling and tone\nThe picture is the shop's own"),
        ),
        StageDraft(
            "field", _("Field visit"), [roles.OPERATOR, *reviewers], ["contents", "stores", "page_gallery"],
            _("The shop is what the deal shows\nTried what is sold\nPictures of place and product"),
            ["picture", "scores"], is_guarded=True, visits_needed=1, least_score=30,
        ),
        StageDraft(
            "price", _("Price and margin"), [roles.FINANCE, roles.MANAGER], ["price_minor", "was_price_minor", "cost_minor"],
            _("The price before was really asked\nThe margin after commission and cost is enough"), ["text"], is_guarded=True,
        ),
        StageDraft(
            "terms", _("Terms and law"), [roles.REVIEWER, roles.ACCOUNT_MANAGER, roles.MANAGER],
            ["refund_policy", "needs_booking", "rules", "units_per_person", *_WINDOWS, *pages.WORDS],
            _("Refund and validity follow the place's law\nNo rule surprises at the counter"), is_guarded=True,
        ),
        StageDraft(
            "capacity", _("Capacity"), [roles.OPERATOR, roles.FINANCE, *reviewers],
            ["units_total", "service_minutes", "stores", *_WINDOWS],
            _("Stations and hours were seen\nThe units can be served while vouchers are valid"),
        ),
        StageDraft(
            "final", _("Final sign-off"), [roles.MANAGER, roles.ADMIN], list(AUDITED),
            _("Everything above was read"), is_guarded=True, is_final=True,
        ),
    ]  # fmt: skip


def ensure_default(*, now: datetime) -> Pipeline:
    """Return the pipeline of all malls that have no other, made when there is none."""
    found = Pipeline.objects.filter(is_default=True, retired_at=None).first()
    if found is not None:
        return found
    with transaction.atomic():
        made, is_new = Pipeline.objects.get_or_create(
            is_default=True, retired_at=None, defaults={"name": _("Hosted malls"), "created_at": now}
        )
        if is_new:
            _write_stages(made, standard())
    return made


def of_mall(tenant: Tenant, *, now: datetime) -> Pipeline:
    """Return the mall's pipeline: its own, else its package's, else its trade's, else the default."""
    chosen = MallAudit.objects.filter(tenant=tenant).select_related("pipeline").first()
    if chosen is not None and chosen.pipeline is not None:
        return chosen.pipeline
    in_use = Pipeline.objects.filter(retired_at=None)
    # What a contract began with is being begun at Stripe until a card or an invoice is there; it counts from its first day on.
    begun = Q(state=Subscription.State.ACTIVE) | Q(state=Subscription.State.BEGINNING, answered_at__lte=now)
    packages = Subscription.objects.filter(begun, tenant_schema=tenant.schema_name, package__isnull=False)
    return (
        in_use.filter(package__in=packages.values("package")).first()
        or in_use.filter(trade=tenant.trade).first()
        or ensure_default(now=now)
    )


@transaction.atomic
def save(*, pipeline: str, draft: PipelineDraft, by: Actor, now: datetime) -> Pipeline:
    """
    Write a pipeline; `pipeline` "" makes a new one. Cases that are open keep their stages. Locks: Pipeline.

    :raises PipelineRefused: a stage without name, role or field; not exactly one final stage, guarded, at the end; a field that no stage
        looks at; another pipeline for the same trade or package
    """
    _refuse(draft)
    held = locked_one(Pipeline.objects.filter(public_id=pipeline)) if pipeline else Pipeline(created_at=now)
    held.name = draft.name
    if not held.is_default:
        held.trade, held.package = draft.trade, draft.package
    try:
        with transaction.atomic():
            held.save()
    except IntegrityError as error:
        raise PipelineRefused(_("There is a pipeline for this trade or package already.")) from error
    held.stages.all().delete()
    _write_stages(held, draft.stages)
    audit.record(action="audit.pipeline_saved", subject=("pipeline", held.public_id), summary=held.name, by=by, now=now)
    return held


@transaction.atomic
def retire(*, pipeline: str, by: Actor, now: datetime) -> None:
    """
    Use a pipeline for no new case; malls that had it chosen have another by package, trade or default. Locks: Pipeline.

    :raises PipelineRefused: it is the default
    """
    held = locked_one(Pipeline.objects.filter(public_id=pipeline))
    if held.is_default:
        raise PipelineRefused(_("The default stays: malls without another need it."))
    if held.retired_at is None:
        held.retired_at = now
        held.save(update_fields=["retired_at"])
        MallAudit.objects.filter(pipeline=held).update(pipeline=None)
        audit.record(
            action="audit.pipeline_retired", subject=("pipeline", held.public_id), summary=held.name, by=by, now=now
        )


@transaction.atomic
def require(*, tenant: Tenant, by: Actor, now: datetime, pipeline: Pipeline | None = None) -> MallAudit:
    """
    Let the agency audit the mall's deals from now on; what is on sale stays on sale. Repeated it changes the pipeline. Locks: Tenant.
    """
    held = locked_one(Tenant.objects.filter(pk=tenant.pk))
    row, is_new = MallAudit.objects.get_or_create(
        tenant=held, defaults={"since_at": now, "since_by": by.name[:160], "pipeline": pipeline}
    )
    if not is_new and row.pipeline_id != (pipeline.pk if pipeline else None):
        row.pipeline = pipeline
        row.save(update_fields=["pipeline"])
    if held.audited_at is None:
        held.audited_at = tenant.audited_at = now
        held.save(update_fields=["audited_at"])
    _note(
        "audit.required",
        held,
        gettext_lazy("%(mall)s: deals go on sale after their audit. %(pipeline)s"),
        pipeline.name if pipeline else "",
        by=by,
        now=now,
    )
    return row


def follow_contract(*, tenant: Tenant, keys: set[str], now: datetime) -> None:
    """
    Audit the deals of a mall whose running contract lets the agency work on deals (`keys` are of `tenants.entry.mandated.KEYS`); let it
    publish alone again when no contract does, unless a person chose otherwise. Inside a transaction. Locks: Tenant.
    """
    known = MallAudit.objects.filter(tenant=tenant).first()
    if _is_about_deals(keys) and known is None:
        require(tenant=tenant, by=SYSTEM, now=now)
    elif not _is_about_deals(keys) and known is not None and known.since_by == SYSTEM.name and known.pipeline is None:
        release(tenant=tenant, by=SYSTEM, now=now)


def _is_about_deals(keys: Iterable[str]) -> bool:
    return any(key.startswith("deals.") for key in keys)


@transaction.atomic
def release(*, tenant: Tenant, by: Actor, now: datetime) -> None:
    """
    Let the mall publish alone again, by the automatic checks and the guard. Repeated it changes nothing. Locks: Tenant.

    :raises StillHosted: a person wants it, and a contract lets the agency work on the mall's deals, paused or not
    """
    held = locked_one(Tenant.objects.filter(pk=tenant.pk))
    lasting = standing.lasting(tenant.pk, at=now) if by != SYSTEM else []
    if _is_about_deals(given.permission for one in lasting for given in one.permissions.all()):
        raise StillHosted
    tenant.audited_at = None
    if held.audited_at is None:
        return
    held.audited_at = None
    held.save(update_fields=["audited_at"])
    MallAudit.objects.filter(tenant=held).delete()
    _note("audit.released", held, gettext_lazy("%(mall)s publishes alone again"), "", by=by, now=now)


def _note(action: str, tenant: Tenant, text: Promise, pipeline: str, *, by: Actor, now: datetime) -> None:
    summary = phrase(text, mall=tenant.name, pipeline=pipeline)
    audit.record(
        action=action, subject=("mall", tenant.public_id), summary=summary, by=by, now=now, mall=tenant.public_id
    )


def _write_stages(pipeline: Pipeline, drafts: list[StageDraft]) -> None:
    rows: list[dict[str, Any]] = [{**vars(draft), "position": place} for place, draft in enumerate(drafts, start=1)]
    Stage.objects.bulk_create(Stage(pipeline=pipeline, **row) for row in rows)


def _refuse(draft: PipelineDraft) -> None:
    stages = draft.stages
    if not stages or [stage.is_final for stage in stages] != [False] * (len(stages) - 1) + [True]:
        raise PipelineRefused(_("A pipeline ends with its one final stage."))
    if not stages[-1].is_guarded:
        raise PipelineRefused(_("The final stage is guarded, so that nobody signs off a deal of their own."))
    if len({stage.key for stage in stages}) != len(stages):
        raise PipelineRefused(_("Two stages have the same name."))
    for stage in stages:
        if not stage.name.strip() or not stage.roles or not stage.fields:
            raise PipelineRefused(_("Each stage has a name, somebody who may pass it, and fields that it looks at."))
        if not set(stage.roles) <= set(roles.ALL) or not set(stage.fields) <= set(AUDITED):
            raise PipelineRefused
        if "scores" in stage.evidence and not stage.visits_needed:
            raise PipelineRefused(_("A stage with scores needs at least one visit."))
    if unseen := set(AUDITED) - {name for stage in stages for name in stage.fields}:
        raise PipelineRefused(_("No stage looks at: %(fields)s.") % {"fields": listed(sorted(unseen))})
