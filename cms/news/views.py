"""What shoppers read of a mall's news."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenants.frontcache.everybody import for_everybody

from . import queries

MOST = 100


@require_safe
@for_everybody
def index(request: HttpRequest) -> HttpResponse:
    """List the mall's news, newest first."""
    return render(request, "news/index.html", {"notices": queries.latest(MOST)})


@require_safe
@for_everybody
def notice(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one notice."""
    found = queries.by_slug(slug)
    if found is None:
        raise Http404
    return render(request, "news/notice.html", {"notice": found})
