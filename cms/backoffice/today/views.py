"""What the home page asks for again, and the page about payouts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cms.backoffice import frame
from cms.backoffice.access import needs
from saas.kernel import clock

from . import queries


@require_safe
@needs("orders.view_order")
def feed(request: HttpRequest) -> HttpResponse:
    """Answer with the latest redemptions, for the home page's polling."""
    return render(request, "backoffice/today/feed_list.html", {"redemptions": queries.latest(at=clock.now())})


@require_safe
@needs("payments.view_payment")
def payouts(request: HttpRequest) -> HttpResponse:
    """Say in plain words what connecting payouts will be, and where the money is until then."""
    return frame.page(
        request,
        "backoffice/today/payouts.html",
        _("Payouts"),
        [("backoffice:money", _("Money"))],
        balances=queries.balances(),
    )
