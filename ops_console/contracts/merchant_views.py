"""The merchant's side of hosting. The rows are the platform's; only the mall's own are ever read."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cms.backoffice import frame
from cms.backoffice.access import needs
from saas.kernel import clock
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import queries

MAY_SIGN = "terms.change_termproposal"


@require_safe
@needs("payments.view_payment")
def index(request: HttpRequest) -> HttpResponse:
    """Show how this mall is hosted: the contract in force, what waits for the merchant, and where to look further."""
    schema = mall().schema_name
    with on_platform():
        rows = queries.of_mall(schema, now=clock.now())
    return frame.page(
        request,
        "hosting/index.html",
        _("Hosting"),
        tab="overview",
        current=next((row for row in rows if row.is_running), None),
        waiting=[row for row in rows if row.waits_for_merchant],
        may_sign=request.user.has_perm(MAY_SIGN),
    )
