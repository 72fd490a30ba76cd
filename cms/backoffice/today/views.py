"""What the home page asks for again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cms.backoffice.access import needs
from saas.kernel import clock

from . import queries


@require_safe
@needs("orders.view_order")
def feed(request: HttpRequest) -> HttpResponse:
    """Answer with the latest redemptions, for the home page's polling."""
    return render(request, "backoffice/today/feed_list.html", {"redemptions": queries.latest(at=clock.now())})
