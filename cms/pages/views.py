"""
The pages that shoppers open most, found without walking Wagtail's tree: one query where its routing asks six to nine.

Wagtail serves all others, and every preview. Pages have no private mode (`private_page_options`), so nothing is skipped here.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenants.frontcache.everybody import for_everybody

from . import queries
from .models import DealIndexPage, HomePage


@require_safe
@for_everybody
def show_home(request: HttpRequest) -> HttpResponse:
    """Show the mall's front."""
    page = HomePage.objects.live().first()
    if page is None:
        raise Http404
    return page.serve(request)


@require_safe
@for_everybody
def list_deals(request: HttpRequest) -> HttpResponse:
    """List the deals on sale."""
    page = DealIndexPage.objects.live().first()
    if page is None:
        raise Http404
    return page.serve(request)


@require_safe
@for_everybody
def show_deal(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one deal."""
    page = queries.deal_page(slug)
    if page is None:
        raise Http404
    return page.serve(request)
