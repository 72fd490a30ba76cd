"""Letters to a merchant about an audit: a change is asked for, the deal has passed, it was refused. Run in a task, after the commit."""

from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from storefront.deals import snapshots
from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry

from .models import AuditCase, CaseStage

ASKED, PASSED, REFUSED = CaseStage.State.ASKED, CaseStage.State.PASSED, CaseStage.State.REFUSED
SUBJECTS = {
    ASKED: gettext_lazy("Please change something: %(title)s"),
    PASSED: gettext_lazy("Has passed its audit: %(title)s"),
    REFUSED: gettext_lazy("Was refused by its audit: %(title)s"),
}


def write(*, case: str, stage: str) -> bool:
    """
    Write to the mall's owner what was decided of a stage, and return whether there was anything to write.

    A stage that was sent again meanwhile, and one that passed while others are open, have no letter.
    """
    row = CaseStage.objects.filter(case__public_id=case, key=stage).select_related("case__tenant").first()
    if row is None or not row.case.tenant.owner_email or not is_told(row.case, row):
        return False
    found, tenant = row.case, row.case.tenant
    href = mall_url(registry.primary_domain(tenant), f"/manage/deals/{found.deal}/")
    with translation.override(tenant.language or "en"):
        subject = str(SUBJECTS[CaseStage.State(row.state)]) % {"title": found.title}
        body = "\n\n".join([_said(found, row), href])
        EmailMessage(" ".join(subject.split()), body, to=[tenant.owner_email]).send()
    return True


def is_told(case: AuditCase, stage: CaseStage) -> bool:
    """Tell whether a merchant hears by mail of a stage that was just decided: a wish, a refusal, and the last pass."""
    return stage.state in (ASKED, REFUSED) or (stage.state == PASSED and case.state == AuditCase.State.APPROVED)


def _said(case: AuditCase, stage: CaseStage) -> str:
    words = {"title": case.title, "stage": stage.label, "mall": case.tenant.name}
    if stage.state == PASSED and case.is_on_sale:
        return _("Your change of “%(title)s” in %(mall)s has passed all stages of its audit and goes on sale.") % words
    if stage.state == PASSED:
        return _("“%(title)s” in %(mall)s has passed all stages of its audit. It can be published now.") % words
    if stage.state == REFUSED:
        refused = _("“%(stage)s” has refused “%(title)s” in %(mall)s. Nothing of it goes on sale.") % words
        return "\n\n".join(text for text in (refused, stage.note) if text)
    asked = _("Before “%(title)s” in %(mall)s can go on sale, “%(stage)s” asks for a change.") % words
    wishes = "\n".join(f"- {_wish(one['field'], one['text'])}" for one in stage.wishes)
    again = _("Change it and send it again. What has passed and is not touched stays passed.")
    return "\n\n".join(text for text in (asked, wishes, stage.note, again) if text)


def _wish(field: str, text: str) -> str:
    return f"{snapshots.LABELS[field]}: {text}" if field in snapshots.LABELS else text
