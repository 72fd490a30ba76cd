"""Where Stripe tells."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from saas.kernel import clock

from . import operations


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Store the event and answer 200 at once; 400 for a body that Stripe did not sign."""
    try:
        operations.receive(request.body, request.headers.get("Stripe-Signature", ""), now=clock.now())
    except operations.ForgedWebhook:
        return HttpResponse("not signed by Stripe for this endpoint", status=400, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")
