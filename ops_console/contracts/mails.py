"""The letters about a contract. Run in a task, after the commit."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from tenants.isolation.addresses import mall_url, platform_url
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

from . import documents, queries
from .queries import ContractRow, VersionRow

SUBJECTS = {
    "sent": _("%(mall)s: a hosting contract to read and sign"),
    "reminder": _("%(mall)s: a hosting contract still waits for you"),
    "signed_by_merchant": _("%(mall)s has signed: your signature is next"),
    "signed_by_agency": _("%(mall)s: the agency has signed your hosting contract"),
    "signed": _("%(mall)s: the hosting contract is signed by both"),
    "declined": _("%(mall)s has declined the hosting contract"),
    "withdrawn": _("%(mall)s: the hosting contract was withdrawn"),
    "expired": _("%(mall)s: the hosting contract was not signed in time"),
    "notice": _("%(mall)s: the hosting contract ends"),
    "ended": _("%(mall)s: the hosting contract has ended"),
}
TO_MERCHANT = ("sent", "reminder", "signed_by_agency", "signed", "withdrawn", "expired", "notice", "ended")
TO_AGENCY = ("signed_by_merchant", "signed", "declined", "expired", "notice", "ended")


def tell(*, contract: str, version: int, what: str, now: datetime) -> None:
    """Tell the merchant and the account manager what happened with a version (a key of `SUBJECTS`); what both signed comes as a PDF."""
    row = queries.one(contract, now=now)
    found = next((one for one in row.versions if one.number == version), row.first)
    tenant = Tenant.objects.get(schema_name=row.schema)
    if what in TO_MERCHANT:
        link = mall_url(registry.primary_domain(tenant), f"/manage/hosting/contracts/{contract}/")
        _send(row, found, what, to=tenant.owner_email, link=link, language=row.language)
    if what in TO_AGENCY:
        link = platform_url(f"/ops/contracts/{contract}/")
        _send(row, found, what, to=row.manager_email, link=link, language=settings.LANGUAGE_CODE)


def _send(row: ContractRow, version: VersionRow, what: str, *, to: str, link: str, language: str) -> None:
    with override(language):
        subject = " ".join((str(SUBJECTS[what]) % {"mall": row.mall}).split())
        text = render_to_string("contracts/mail.txt", {"row": row, "version": version, "what": what, "link": link})
        mail = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    if what == "signed":
        mail.attach(documents.file_name(row, version), documents.as_pdf(row, version), "application/pdf")
    mail.send()
