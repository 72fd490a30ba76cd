"""A mall's URL conf with a view that keeps its mall where all threads of a process see it: what a storm of requests must find."""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from saas.project import urls_mall
from storefront.orders.models import Order
from tenants.isolation.entrance import inside

PATH = "/planted/hasty/"
_last: dict[str, Any] = {}


def show_an_order(request: HttpRequest) -> HttpResponse:
    """Note the mall for the process, wait as long as a query takes, and show an order of the mall that is noted by then."""
    _last["mall"] = request.tenant  # type: ignore[attr-defined]
    time.sleep(0.02)
    with inside(_last["mall"]):
        return HttpResponse(Order.objects.latest("pk").name)


urlpatterns = [path(PATH.strip("/") + "/", show_an_order, name="planted_hasty"), *urls_mall.urlpatterns]
