"""The baseline of `page`: a Django view that answers three words, with nothing before or behind it."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def answer(_request: HttpRequest) -> HttpResponse:
    """Answer."""
    return HttpResponse("a bare view", content_type="text/plain", headers={"Content-Length": "11"})


urlpatterns = [path("", answer), path("healthz", answer)]
if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of a benchmark", MIDDLEWARE=[])
application = get_wsgi_application()
