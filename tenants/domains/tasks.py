"""Looking at proofs again, and telling owners what became of their domain."""

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from saas.kernel import clock
from saas.kernel.tasks import task

from . import operations
from .models import DomainClaim


@task("tenants.domains.check_again")
def check_again(**_later: object) -> None:
    """Look at the proofs whose turn it is."""
    operations.check_again(now=clock.now())


@task("tenants.domains.tell_owner")
def tell_owner(*, claim: str, **_later: object) -> None:
    """Tell a mall's owner by mail that the proof of a domain is gone, or that the domain was turned off."""
    row = DomainClaim.objects.select_related("tenant").get(public_id=claim)
    with translation.override(row.tenant.language):
        subject = _("The proof of %(domain)s is gone") if row.is_holding else _("%(domain)s was turned off")
        text = render_to_string("domains/email/proof.txt", {"claim": row, "tenant": row.tenant})
        send_mail(subject % {"domain": row.domain}, text, None, [row.tenant.owner_email])
