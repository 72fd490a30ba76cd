"""Stores in the back office."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from storefront.stores.hours import HoursRefused
from storefront.stores.models import Store
from storefront.stores.queries import store_views

from . import operations
from .forms import StoreForm

CRUMBS = [("backoffice:stores", gettext_lazy("Stores"))]
STEPS = {"up": -1, "down": 1}
DIRECTIONS = [("up", gettext_lazy("Move up"), "arrow-up"), ("down", gettext_lazy("Move down"), "arrow-down")]


@require_safe
@needs("stores.view_store")
def index(request: HttpRequest) -> HttpResponse:
    """List the stores in the order in which shoppers see them."""
    stores = list(Store.objects.all())
    rows = list(zip(stores, store_views(stores, at=clock.now()), strict=True))
    can_change = request.user.has_perm("stores.change_store")
    return frame.page(
        request, "backoffice/stores/index.html", _("Stores"), rows=rows, can_change=can_change, directions=DIRECTIONS
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stores.add_store")
def add(request: HttpRequest) -> HttpResponse:
    """Add a store."""
    form = StoreForm(frame.posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            store = operations.add(fields=form.read_fields(), by=actor(request), now=clock.now())
        except HoursRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("“%(name)s” was added.") % {"name": store.name})
            return redirect("backoffice:stores")
    return frame.page(
        request,
        "backoffice/stores/form.html",
        _("New store"),
        CRUMBS,
        form=form,
        wrong_forms=[form],
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stores.change_store")
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change a store."""
    store = get_object_or_404(Store, public_id=public_id)
    form = StoreForm(frame.posted(request), store=store)
    if request.method == "POST" and form.is_valid():
        try:
            operations.change(store_public_id=public_id, fields=form.read_fields(), by=actor(request), now=clock.now())
        except HoursRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("“%(name)s” was saved.") % {"name": form.cleaned_data["name"]})
            return redirect("backoffice:stores")
    return frame.page(
        request,
        "backoffice/stores/form.html",
        store.name,
        CRUMBS,
        form=form,
        wrong_forms=[form],
        store=store,
        status=422 if form.errors else 200,
    )


@require_POST
@needs("stores.change_store")
def move(request: HttpRequest, public_id: str, direction: str) -> HttpResponse:
    """Move a store up or down the list."""
    get_object_or_404(Store, public_id=public_id)
    operations.move(store_public_id=public_id, steps=STEPS.get(direction, 0), by=actor(request), now=clock.now())
    return redirect("backoffice:stores")
