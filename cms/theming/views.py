"""The mall's stylesheet of custom properties, and the page where the merchant sets how the mall looks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_http_methods, require_safe

from cms.backoffice import frame
from cms.backoffice.access import needs
from saas.accounts.requests import Request
from saas.kernel import clock
from saas.ui import colour
from tenants.frontcache.everybody import for_everybody

from . import operations, queries
from .forms import ThemeForm

YEAR_S = 365 * 24 * 3600
SCHEMES = ("light", "dark")


def _etag(_request: HttpRequest) -> str:
    row = queries.theme()
    return f'"{row.brand_colour}{row.accent_colour}"'.replace("#", "")


@require_safe
@for_everybody
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


@require_http_methods(["GET", "HEAD", "POST"])
@needs("cms_theming.change_theme")
def look(request: Request) -> HttpResponse:
    """Show and change the mall's name, signs, colours and contact, with a sample that follows the colours."""
    form = ThemeForm(request.POST or None, instance=queries.theme(), initial={"language": request.tenant.language})
    if request.method == "POST" and form.is_valid():
        operations.change(theme=form.save(commit=False), by=request.actor, now=clock.now())
        operations.speak(language=form.cleaned_data["language"], by=request.actor, now=clock.now())
        messages.success(request, _("Your mall has its new look."))
        return redirect("look")
    shown = {name: form.data.get(name) or form[name].value() for name in ("brand_colour", "accent_colour")}
    return frame.page(
        request, "theming/look.html", _("Look"), form=form, shown=shown, schemes=SCHEMES, wrong_forms=[form],
        status=422 if form.errors else 200,
    )  # fmt: skip


@require_safe
@needs("cms_theming.change_theme")
def sample(request: HttpRequest) -> HttpResponse:
    """Draw a small piece of the mall in the colours `brand` and `accent` and the scheme (light, dark) of the address."""
    try:
        css = colour.theme_css(brand=request.GET.get("brand", ""), accent=request.GET.get("accent", ""))
    except colour.BadColour:
        return HttpResponseBadRequest(_("That is not a colour."))
    scheme = "dark" if request.GET.get("scheme") == "dark" else "light"
    return render(request, "theming/sample.html", {"css": css, "ui_scheme": scheme})
