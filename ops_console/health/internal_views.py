"""What other programs ask: Prometheus for figures, a load balancer whether this process can serve."""

import logging

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from saas.kernel import clock, keyspace
from tenants.registry.models import Tenant

from . import figures

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Tell the figures to whoever has the token; to others there is nothing here."""
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    try:
        text = figures.exposition(now=clock.now())
    except keyspace.RedisError:
        logger.exception("figures could not be read")
        return HttpResponse("Valkey does not answer\n", status=503, content_type="text/plain")
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


@never_cache
@require_safe
def show_ready(_request: HttpRequest) -> HttpResponse:
    """Say whether this process reaches the database and Valkey. `/healthz` asks neither: a process is not restarted for them."""
    try:
        Tenant.objects.exists()
        keyspace.server_time()
    except (DatabaseTrouble, keyspace.RedisError):
        logger.exception("not ready")
        return HttpResponse("not ready\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")
