"""A mall's URL conf with two views that ignore the mall: what the crawler must find, or it finds nothing."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from saas.project import urls_mall
from storefront.orders.models import Order
from tenants.isolation.entrance import inside


def show_any_order(_request: HttpRequest, schema: str) -> HttpResponse:
    """Show the newest order of whichever mall the address names."""
    with inside(schema):
        return HttpResponse(Order.objects.latest("pk").name)


def rename_any_order(request: HttpRequest, schema: str) -> HttpResponse:
    """Write into the newest order of whichever mall the address names."""
    if request.method == "POST":
        with inside(schema):
            Order.objects.filter(pk=Order.objects.latest("pk").pk).update(name="Eve was here")
    return HttpResponse("done")


urlpatterns = [
    path("planted/<slug:schema>/order/", show_any_order, name="planted_leak"),
    path("planted/<slug:schema>/rename/", rename_any_order, name="planted_write"),
    *urls_mall.urlpatterns,
]
