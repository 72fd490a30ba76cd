"""The platform's public pages."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from saas.accounts.requests import Request
from saas.kernel import clock, rates
from tenants.entry import onward
from tenants.provisioning.operations import AddressTaken, Opening
from tenants.registry.names import AddressRefused

from . import operations, queries
from .forms import FindMallForm, SignUpForm

CHECKS = "120/minute"


def _client(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@require_safe
def land(request: HttpRequest) -> HttpResponse:
    """Say what Hutong is, to merchants."""
    malls = [{"tenant": tenant, "href": operations.address_of(tenant, "/")} for tenant in queries.examples()]
    return render(request, "signup/landing.html", {"malls": malls})


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Show the form; open a mall and lead its owner in."""
    if request.method != "POST":
        return render(request, "signup/sign_up.html", _page(SignUpForm(initial=_first(request))))
    form = SignUpForm(request.POST)
    if not form.is_valid():
        return render(request, "signup/sign_up.html", _page(form), status=422)
    if not rates.spend("sign-up", _client(request), rate=f"{settings.SIGN_UPS_PER_HOUR}/hour"):
        return render(request, "429.html", status=429)
    try:
        return HttpResponseRedirect(operations.open_and_enter(_opening(form), now=clock.now()))
    except (AddressTaken, AddressRefused) as refusal:
        form.add_error("slug", str(refusal))
    except operations.AlreadyOpened as refusal:
        form.add_error(None, str(refusal))
    return render(request, "signup/sign_up.html", _page(form), status=422)


@never_cache
@require_safe
def check_address(request: Request) -> HttpResponse:
    """Answer the part of the form that suggests and checks the address (htmx)."""
    name, slug, suggested = (request.GET.get(key, "")[:120] for key in ("name", "slug", "suggested"))
    follows = request.htmx.trigger_name == "name" and slug in ("", suggested)
    if not rates.spend("address-checks", _client(request), rate=CHECKS):
        return HttpResponse(status=429)
    if request.htmx.trigger_name == "name" and not follows:
        return HttpResponse(status=204)  # the address is the person's own: the field stays as it is
    if follows:
        slug = suggested = queries.suggested_address(name) if name.strip() else ""
    form = SignUpForm(initial={"slug": slug, "suggested": suggested})
    template = "signup/address.html" if follows else "signup/address_status.html"
    slug = slug.strip().lower()
    problem = queries.address_problem(slug) if slug else ""
    return render(request, template, _page(form) | {"slug": slug, "problem": problem, "is_checked": True})


@never_cache
@require_safe
def sign_in_hub(request: HttpRequest) -> HttpResponse:
    """Lead a person to the sign-in of their own mall."""
    form = FindMallForm(request.GET or None)
    if not request.GET or not form.is_valid():
        return render(request, "signup/sign_in.html", {"form": form}, status=422 if request.GET else 200)
    tenant = queries.mall_by_address(form.cleaned_data["mall"])
    if tenant is None:
        form.add_error(
            "mall", _("There is no mall of this address or name. It stands in the mail you got when you signed up.")
        )
        return render(request, "signup/sign_in.html", {"form": form}, status=422)
    return onward.lead(request, operations.address_of(tenant, "/account/login/?next=/manage/"))


def _first(request: HttpRequest) -> dict[str, str]:
    """Return what the form begins with: a name from the address, and the currency of who reads Chinese."""
    name = request.GET.get("name", "")[:120]
    return {"name": name, "currency": "cny" if get_language() == "zh-hans" else "usd"}


def _opening(form: SignUpForm) -> Opening:
    data = form.cleaned_data
    return Opening(
        name=data["name"],
        slug=data["slug"],
        trade=data["trade"],
        owner_email=data["email"],
        owner_password=data["password"],
        currency=data["currency"],
        time_zone=data["time_zone"],
        language=get_language() or settings.LANGUAGE_CODE,
        key=data["key"],
    )


def _page(form: SignUpForm) -> dict[str, object]:
    """Return the page's context; an address that was typed stands checked beside its field."""
    slug = str(form["slug"].value() or "")
    return {"form": form, "slug": slug, "problem": "", "is_checked": False, "domain": settings.BASE_DOMAIN}
