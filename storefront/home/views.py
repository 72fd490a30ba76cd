"""Search, stores, a store."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from saas.kernel import clock
from storefront.deals import queries as deals
from storefront.stores import queries as stores
from tenants.frontcache.everybody import for_everybody, share

from . import queries
from .forms import PlaceForm, SearchForm

DEALS_ON_A_PAGE = 24


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Find deals and stores."""
    now = clock.now()
    form = SearchForm(request.GET, categories=queries.categories(at=now))
    wanted = queries.search_of(form.chosen())
    page = Paginator(queries.deals(wanted, at=now), DEALS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "wanted": wanted,
        "listed": page,
        "cards": deals.cards(page.object_list, at=now),  # type: ignore[arg-type]
        "stores": queries.stores(wanted, at=now) if page.number == 1 else (),
        "is_filtered": bool(form.chosen()),
    }
    return render(request, "home/search.html", context)


@require_safe
def list_stores(request: HttpRequest) -> HttpResponse:
    """List the stores: nearest first where the position is known. Such a list is one person's own."""
    now = clock.now()
    if "near" not in request.GET:
        share(request)
    form = PlaceForm(request.GET, districts=stores.districts())
    chosen, near = form.chosen(), form.position()
    found = stores.listed(at=now, near=near, district=chosen.get("district", ""), open_only=chosen.get("open", False))
    context = {"form": form, "stores": found, "near": near, "is_filtered": bool(chosen)}
    return render(request, "home/stores.html", context)


@require_safe
@for_everybody
def show_store(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a store with its hours and what can be bought for it."""
    now = clock.now()
    store = stores.by_public_id(public_id, at=now)
    if store is None:
        raise Http404
    cards = deals.cards(queries.deals_of_store(public_id, at=now), at=now)
    return render(request, "home/store.html", {"store": store, "cards": cards})
