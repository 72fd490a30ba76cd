from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from saas.accounts import views as accounts


def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("internal/", include("tenants.domains.urls")),
    path("internal/", include("ops_console.health.internal_urls")),
    path("stripe/", include("billing.gateway.urls")),
    path("", include("tenants.signup.urls")),
    path("ops/", include("ops_console.mandates.urls")),
    path("ops/", include("ops_console.contracts.urls")),
    path("ops/", include("ops_console.health.urls")),
    path("ops/", include("ops_console.terms.urls")),
    path("ops/", include("ops_console.promotions.urls")),
    path("ops/", include("ops_console.packages.urls")),
    path("ops/", include("ops_console.statements.urls")),
    path("ops/", include("ops_console.finance.urls")),
    path("ops/", include("ops_console.disputes.urls")),
    path("ops/", include("ops_console.refunds.urls")),
    path("ops/", include("ops_console.leads.urls")),
    path("ops/", include("ops_console.audits.urls")),
    path("ops/", include("ops_console.reports.urls")),
    path("ops/", include("ops_console.posts.urls")),
    path("ops/", include("ops_console.work.urls")),
    path("ops/", include("ops_console.people.urls")),
    path("ops/", include("ops_console.portfolio.urls")),
    path("i18n/language/", accounts.choose_language, name="choose_language"),
    path("account/", accounts.home, name="account_home"),
    path("account/", include("saas.accounts.urls")),
]
if settings.DEVELOPMENT_PAGES:
    urlpatterns += [path("dev/messages/", include("saas.mailroom.urls")), path("ui/", include("saas.ui.urls"))]
