from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from saas.accounts import views as accounts
from tenants.domains import views as domains


def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path(".well-known/hutong-domain", domains.proof_file, name="domain_proof"),
    path("i18n/language/", accounts.choose_language, name="choose_language"),
    path("account/", include("storefront.home.account_urls")),
    path("account/", include("saas.accounts.urls")),
    path("orders/", include("storefront.orders.urls")),
    path("", include("storefront.checkout.urls")),
    path("", include("storefront.refunds.urls")),
    path("", include("storefront.home.urls")),
    path("", include("storefront.mailings.urls")),
    path("", include("tenants.entry.urls")),
    # Wagtail's own ways in know no second factor.
    path("manage/login/", accounts.staff_login),
    path("manage/password_reset/", accounts.staff_password_reset),
    path("manage/password_reset/<path:rest>", accounts.staff_password_reset),
    path("counter/", include("storefront.counter.urls")),
    path("vouchers/", include("storefront.vouchers.urls")),
    path("", include("cms.theming.urls")),
    path("", include("cms.media.urls")),
    path("documents/", include("wagtail.documents.urls")),
    # The agency's hosting as the merchant sees it: each slice's pages, above Wagtail's own.
    path("manage/hosting/", include("ops_console.work.merchant_urls")),
    path("manage/hosting/", include("ops_console.contracts.merchant_urls")),
    path("manage/hosting/", include("ops_console.posts.merchant_urls")),
    path("manage/hosting/", include("ops_console.mandates.merchant_urls")),
    path("manage/hosting/", include("ops_console.reports.merchant_urls")),
    path("manage/", include("cms.backoffice.urls")),
    path("", include("cms.news.urls")),
    path("", include("cms.pages.urls")),
    # Wagtail's pages answer whatever no line above does. New lines go above this one.
    path("", include("wagtail.urls")),
]
