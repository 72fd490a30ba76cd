"""Carries how a case stands into its mall. Enters the mall, so never inside a transaction; what was not told is told by the sweep."""

from datetime import datetime

from django.db.models import F
from django.utils import translation

from billing.packages.each import one_by_one
from cms.backoffice.deals import operations as mall_deals
from saas.kernel.actors import Actor
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
    )
