"""Where Stripe tells: one address for the platform's own account, one for the connected ones."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from saas.kernel import clock

from . import inbox
from .signatures import ForgedWebhook


@csrf_exempt
@require_POST
def receive(request: HttpRequest, endpoint: str) -> HttpResponse:
    """Store the event and answer 200 at once; 400 for a body that Stripe did not sign for this endpoint."""
    try:
        signature = request.headers.get("Stripe-Signature", "")
        inbox.receive(request.body, signature, endpoint=endpoint, now=clock.now())
    except ForgedWebhook:
        return HttpResponse("not signed by Stripe for this endpoint", status=400, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")
