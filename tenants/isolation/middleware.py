"""The first middleware: which mall is this, may it be shown, and did the request stay in it."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost, ImproperlyConfigured, SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import set_urlconf
from django.utils import translation

from saas.accounts.languages import language_of
from saas.accounts.requests import Request
from saas.kernel.database import connection
from tenants.registry import names
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

from .cookies import believed

logger = logging.getLogger(__name__)

# What says that a mall's own domain leads here. Without it a suspension or a maintenance of a week would cost the mall its domain.
PROOF_OF_DOMAIN = "/.well-known/hutong-domain"
# What answers in a suspended mall: sold vouchers are redeemed and seen, money is looked after, sales stop (M19, A9). Whoever gets its
# letters ends them all the same.
OPEN_WHILE_SUSPENDED = (
    "/manage/",
    "/counter/",
    "/account/",
    "/orders/",
    "/vouchers/",
    "/static/",
    "/media/",
    "/enter/",
    "/theme.css",
    "/i18n/",
    "/visit/",
    "/letters/",
    PROOF_OF_DOMAIN,
)
# What answers in maintenance: nothing of the mall's schema.
OPEN_IN_MAINTENANCE = ("/static/", PROOF_OF_DOMAIN)


class MallMiddleware:
    """Enters the schema that the host names, once for each request, and checks on the way out that it is still there."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if getattr(request, "is_dummy", False):
            # Wagtail's preview runs the middleware again for a host that an editor can type. It stays where it is.
            return self._preview(request)
        if isinstance(request, ASGIRequest):
            # Path and role belong to a thread's connection; how an event loop spreads a request over threads is proved nowhere.
            raise ImproperlyConfigured(
                "Malls are served over WSGI: gunicorn saas.project.wsgi:application. ASGI is refused."
            )
        connection.set_schema_to_public()
        set_urlconf(None)
        if "HTTP_COOKIE" in request.META:
            request.META["HTTP_COOKIE"] = believed(request.META["HTTP_COOKIE"])
        try:
            host = names.host_in(request.get_host())
        except DisallowedHost:
            return self._unknown(request)
        if host == settings.BASE_DOMAIN or host in settings.PLATFORM_HOSTS:
            return self._answer(request, None)
        tenant = registry.tenant_at(host)
        if tenant is None or tenant.status in (Tenant.Status.OPENING, Tenant.Status.CLOSED):
            return self._unknown(request)
        return self._answer(request, tenant)

    def _preview(self, request: Request) -> HttpResponse:
        if not connection.is_in_mall:
            raise SuspiciousOperation("a preview belongs to a mall")
        request.tenant = connection.tenant
        request.urlconf = settings.ROOT_URLCONF
        return self.get_response(request)

    def _answer(self, request: Request, tenant: Tenant | None) -> HttpResponse:
        request.tenant = tenant
        request.urlconf = settings.ROOT_URLCONF if tenant else settings.PUBLIC_SCHEMA_URLCONF
        set_urlconf(request.urlconf)
        translation.activate(language_of(request))  # the pages below are made before the language's own middleware
        if tenant:
            connection.set_tenant(tenant)
        try:
            if tenant and tenant.parked and not request.path.startswith(OPEN_IN_MAINTENANCE):
                return self._in_maintenance(request, tenant)
            if (
                tenant
                and tenant.status == Tenant.Status.SUSPENDED
                and not request.path.startswith(OPEN_WHILE_SUSPENDED)
            ):
                return render(request, "ui/suspended.html", {"mall_name": tenant.name}, status=503)
            response = self.get_response(request)
            self._stayed(tenant)
            return self._with_admin_policy(request, response)
        finally:
            translation.deactivate()
            connection.set_schema_to_public()

    @staticmethod
    def _in_maintenance(request: Request, tenant: Tenant) -> HttpResponse:
        """Say so, from the platform: nothing of the mall's schema is asked."""
        connection.set_schema_to_public()
        request.tenant = None
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        set_urlconf(request.urlconf)
        response = render(request, "ui/maintenance.html", {"mall_name": tenant.name}, status=503)
        response.headers["Retry-After"] = "600"
        return response

    def _stayed(self, tenant: Tenant | None) -> None:
        expected = tenant.schema_name if tenant else settings.PUBLIC_SCHEMA_NAME
        if connection.schema_name != expected:
            found = connection.schema_name
            connection.close()
            logger.critical("a request of %s ended in %s; the answer was withheld", expected, found)
            raise SuspiciousOperation("the request left its schema")

    def _unknown(self, request: Request) -> HttpResponse:
        request.tenant = None
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        set_urlconf(request.urlconf)
        with translation.override(language_of(request)):
            return render(request, "ui/unknown_host.html", status=404)

    @staticmethod
    def _with_admin_policy(request: Request, response: HttpResponse) -> HttpResponse:
        if request.path.startswith("/manage/"):
            response.headers.setdefault("Content-Security-Policy", settings.ADMIN_CONTENT_SECURITY_POLICY)
        return response
