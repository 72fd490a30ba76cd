"""The mall's stylesheet of custom properties."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from saas.ui import colour

from . import queries

YEAR_S = 365 * 24 * 3600


def _etag(_request: HttpRequest) -> str:
    row = queries.theme()
    return f'"{row.brand_colour}{row.accent_colour}"'.replace("#", "")


@require_safe
@condition(etag_func=_etag)
def theme_css(request: HttpRequest) -> HttpResponse:
    """Answer with the theme's custom properties; kept for a year under a versioned address, else checked each time."""
    row = queries.theme()
    response = HttpResponse(
        colour.theme_css(brand=row.brand_colour, accent=row.accent_colour), content_type="text/css; charset=utf-8"
    )
    if request.GET.get("v"):
        patch_cache_control(response, public=True, max_age=YEAR_S, immutable=True)
    else:
        patch_cache_control(response, no_cache=True)
    return response
