"""Carries how a case stands into its mall. Enters the mall, so never inside a transaction; what was not told is told by the sweep."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from billing.packages.each import one_by_one
from cms.backoffice.deals import operations as mall_deals
from saas.audit import operations as audit
from saas.audit.models import AuditEntry
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from storefront.deals.models import Deal, DealReview
from storefront.deals.reviews import Verdict
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

from .models import AuditCase, CaseStage

_STATES = {
    AuditCase.State.OPEN: DealReview.State.SUBMITTED,
    AuditCase.State.ASKED: DealReview.State.ASKED,
    AuditCase.State.APPROVED: DealReview.State.APPROVED,
    AuditCase.State.REFUSED: DealReview.State.REFUSED,
}
MOST = 200
REMINDED = "audit.reminded"


def tell(*, case: str, now: datetime) -> bool:
    """Tell the mall how a case stands, unless it knows. Repeated or late it changes nothing there."""
    row = AuditCase.objects.select_related("tenant").get(public_id=case)
    if row.version <= row.told_version or row.state == AuditCase.State.CLOSED:
        return False
    stages = list(row.stages.all())
    decided = sorted((one.decided_at, one.decided_name) for one in stages if one.decided_at)
    name = decided[-1][1] if decided else row.tenant.name
    by = Actor(kind="agency", name=name, on_behalf_of=row.tenant.name)
    with translation.override(row.tenant.language or "en"):
        verdict = _verdict(row, stages)
    with inside(row.tenant):
        if Deal.objects.filter(public_id=row.deal).exists():
            mall_deals.take_verdict(deal_public_id=row.deal, verdict=verdict, by=by, now=now)
    AuditCase.objects.filter(pk=row.pk, told_version__lt=row.version).update(told_version=row.version)
    return True


def tell_all(*, now: datetime) -> int:
    """Tell what was not told, as after a crash between commit and task; return how many. A busy mall does not hold up the others."""
    served = Tenant.objects.served()
    rows = AuditCase.objects.filter(version__gt=F("told_version"), tenant__in=served).exclude(state="closed")
    return one_by_one(list(rows.values_list("public_id", flat=True)[:MOST]), lambda case: tell(case=case, now=now))


def remind(*, now: datetime) -> int:
    """
    Write once more to merchants whom an audit asked for a change `settings.AUDIT_REMIND_DAYS` ago, once for each submission; return to how
    many. Until they change the deal nothing of it goes on sale.
    """
    asked = CaseStage.objects.filter(
        case=OuterRef("pk"),
        state=CaseStage.State.ASKED,
        decided_at__lte=now - timedelta(days=settings.AUDIT_REMIND_DAYS),
    )
    reminded = AuditEntry.objects.filter(
        action=REMINDED, subject_kind="audit", subject_id=OuterRef("public_id"), at__gte=OuterRef("submitted_at")
    )
    due = AuditCase.objects.filter(Exists(asked), ~Exists(reminded), state=AuditCase.State.ASKED)
    due = due.filter(tenant__in=Tenant.objects.served())
    return one_by_one(list(due.values_list("public_id", flat=True)[:MOST]), lambda case: _remind(case, now=now))


@transaction.atomic
def _remind(case: str, *, now: datetime) -> bool:
    """Locks: AuditCase."""
    row = locked_one(AuditCase.objects.select_related("tenant").filter(public_id=case))
    known = AuditEntry.objects.filter(action=REMINDED, subject_kind="audit", subject_id=case, at__gte=row.submitted_at)
    stage = row.stages.filter(state=CaseStage.State.ASKED).order_by("decided_at").first()
    if row.state != AuditCase.State.ASKED or stage is None or known.exists():
        return False
    audit.record(
        action=REMINDED, subject=("audit", case), by=SYSTEM, now=now, mall=row.tenant.public_id,
        summary=phrase(_("%(title)s, %(mall)s: the merchant was reminded"), title=row.title, mall=row.tenant.name),
    )  # fmt: skip
    enqueue("ops_console.audits.write", case=case, stage=stage.key)
    return True


def _verdict(case: AuditCase, stages: list[CaseStage]) -> Verdict:
    return Verdict(
        version=case.version,
        submission=case.submission,
        fingerprint=case.fingerprint,
        state=_STATES[AuditCase.State(case.state)],
        stages=[{"key": one.key, "name": one.label, "state": one.state} for one in stages],
        asked=[
            {"stage": one.label, **wish} for one in stages if one.state == CaseStage.State.ASKED for wish in one.wishes
        ],
        words=case.words,
        page=case.page,
    )
