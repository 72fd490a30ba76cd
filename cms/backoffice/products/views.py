"""Products in the back office."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from cms.backoffice.pictures import thumb
from cms.media import queries as media
from saas.kernel import clock
from storefront.catalog import operations
from storefront.catalog.models import Product
from storefront.catalog.operations import ProductRefused
from tenants.isolation.current import mall

from .forms import ProductFilter, ProductPost

CRUMBS = [("backoffice:products", gettext_lazy("Products"))]


@dataclass(frozen=True)
class ProductRow:
    """A product in the list; prices in minor units."""

    product: Product
    picture_url: str
    variants: int
    lowest_minor: int | None
    highest_minor: int | None


def _matching(form: ProductFilter) -> "QuerySet[Product]":
    rows = Product.objects.annotate(
        count=Count("variants"), lowest=Min("variants__price_minor"), highest=Max("variants__price_minor")
    )
    rows = rows.select_related("category").prefetch_related(media.prefetch("picture")).order_by("title", "pk")
    if not form.is_valid():
        return rows
    data = form.cleaned_data
    if data["q"]:
        words = Q(title__icontains=data["q"]) | Q(handle__icontains=data["q"]) | Q(vendor__icontains=data["q"])
        rows = rows.filter(words | Q(pk__in=Product.objects.filter(variants__sku__iexact=data["q"]).values("pk")))
    if data["category"]:
        rows = rows.filter(category=data["category"])
    return rows.filter(is_published=data["shown"] == "yes") if data["shown"] else rows


@require_safe
@needs("catalog.view_product")
def index(request: HttpRequest) -> HttpResponse:
    """List the products."""
    form = ProductFilter(request.GET)
    page = frame.paginate(request, _matching(form))
    rows = [ProductRow(one, thumb(one.picture), one.count, one.lowest, one.highest) for one in page.object_list]
    is_filtered = any(request.GET.get(name) for name in form.fields)
    return frame.page(
        request,
        "backoffice/products/index.html",
        _("Products"),
        form=form,
        page=page,
        rows=rows,
        currency=mall().currency,
        is_filtered=is_filtered,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalog.add_product")
def add(request: HttpRequest) -> HttpResponse:
    """Add a product."""
    post = ProductPost(frame.posted(request), currency=mall().currency)
    if request.method == "POST" and post.is_valid():
        try:
            product = operations.create(draft=post.read_draft(), by=actor(request), now=clock.now())
        except ProductRefused as refusal:
            post.form.add_error(None, str(refusal))
        else:
            messages.success(request, _("“%(title)s” was added.") % {"title": product.title})
            return redirect("backoffice:products")
    return frame.page(
        request,
        "backoffice/products/form.html",
        _("New product"),
        CRUMBS,
        post=post,
        status=422 if post.wrong_forms else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalog.change_product")
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change a product."""
    product = get_object_or_404(Product.objects.select_related("category", "picture"), public_id=public_id)
    post = ProductPost(frame.posted(request), currency=mall().currency, product=product)
    if request.method == "POST" and post.is_valid():
        try:
            operations.change(product_public_id=public_id, draft=post.read_draft(), by=actor(request), now=clock.now())
        except ProductRefused as refusal:
            post.form.add_error(None, str(refusal))
        else:
            messages.success(request, _("“%(title)s” was saved.") % {"title": post.form.cleaned_data["title"]})
            return redirect("backoffice:products")
    pictures = product.pictures.select_related("image")
    return frame.page(
        request,
        "backoffice/products/form.html",
        product.title,
        CRUMBS,
        post=post,
        product=product,
        pictures=pictures,
        status=422 if post.wrong_forms else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalog.delete_product")
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask, then remove a product."""
    product = get_object_or_404(Product, public_id=public_id)
    if request.method == "POST":
        operations.remove(product_public_id=public_id, by=actor(request), now=clock.now())
        messages.success(request, _("“%(title)s” was removed.") % {"title": product.title})
        return redirect("backoffice:products")
    return frame.page(
        request,
        "backoffice/confirm.html",
        _("Remove"),
        CRUMBS,
        lead=_("Remove “%(title)s”?") % {"title": product.title},
        danger=True,
        text=_("The product and its variants are gone; deals and what was sold do not change. Its pictures stay."),
        button=_("Remove this product"),
        back=reverse("backoffice:product", args=[public_id]),
    )
