"""The letter that tells the owners of a statement. Runs in a task, after the commit."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from billing.statements import documents
from billing.statements import queries as statements
from cms.backoffice import roles
from saas.accounts.models import User
from tenants.isolation.addresses import mall_url
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform
from tenants.registry import queries as registry

SUBJECTS = {
    "issued": _("The statement of %(mall)s for %(month)s is there"),
    "answered": _("Finance has answered your question about the statement for %(month)s"),
}


def tell(*, statement: str, what: str) -> None:
    """Tell each owner that a statement was issued or a question answered (a key of `SUBJECTS`). Not inside a transaction."""
    tenant = mall()
    with on_platform():
        found = statements.find(statement, schema=tenant.schema_name)
        domain = registry.primary_domain(tenant)
        remarks = statements.remarks(found) if found else []
    if found is None:
        return
    link = mall_url(domain, reverse("backoffice:statement", args=[statement]))
    owners = User.objects.filter(is_active=True, kind=User.Kind.MERCHANT, groups__name=roles.OWNER).exclude(email=None)
    for owner in owners:
        with override(owner.language or tenant.language):
            words = {"mall": tenant.name, "month": documents.month_words(found)}
            answer = remarks[-1].text if what == "answered" and remarks else ""
            context = {**words, "statement": found, "link": link, "answer": answer}
            text = render_to_string("backoffice/mail/statement.txt", context)
            subject = " ".join((str(SUBJECTS[what]) % words).split())
            send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [str(owner.email)])
