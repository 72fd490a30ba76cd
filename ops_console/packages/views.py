"""The catalogue of service packages."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.packages import catalogue, queries
from billing.packages.models import Module, Package, Price
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError

from .forms import ModuleForm, PackageForm, PriceForm


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Show modules with their prices, and packages with who has them."""
    context = {
        "modules": queries.modules(),
        "packages": queries.packages(),
        "may_keep": roles.has_role(request.user, roles.MAY_PRICE),
    }
    return render(request, "console_packages/index.html", context)


@never_cache
@roles.staff_only(*roles.MAY_PRICE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_module(request: SignedInRequest) -> HttpResponse:
    """Add a service."""

    def save(form: forms.Form) -> None:
        catalogue.add_module(**form.cleaned_data, by=request.actor, now=clock.now())

    return _form(request, ModuleForm(_posted(request)), save, _("New module"))


@never_cache
@roles.staff_only(*roles.MAY_PRICE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_price(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Add a price to a module."""
    get_object_or_404(Module, public_id=public_id)
    form = PriceForm(_posted(request))

    def save(_form: forms.Form) -> None:
        catalogue.add_price(module=public_id, draft=form.draft(), by=request.actor, now=clock.now())

    return _form(request, form, save, _("New price"))


@never_cache
@roles.staff_only(*roles.MAY_PRICE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_package(request: SignedInRequest) -> HttpResponse:
    """Add a package."""
    form = PackageForm(_posted(request))

    def save(_form: forms.Form) -> None:
        catalogue.add_package(draft=form.draft(), by=request.actor, now=clock.now())

    return _form(request, form, save, _("New package"))


@roles.staff_only(*roles.MAY_PRICE)
@require_POST
def retire_price(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Sell at a price no more."""
    get_object_or_404(Price, public_id=public_id)
    catalogue.retire_price(price=public_id, by=request.actor, now=clock.now())
    return redirect("console_packages:index")


@roles.staff_only(*roles.MAY_PRICE)
@require_POST
def retire_package(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Offer a package no more."""
    get_object_or_404(Package, public_id=public_id)
    catalogue.retire_package(package=public_id, by=request.actor, now=clock.now())
    return redirect("console_packages:index")


def _posted(request: SignedInRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _form(request: SignedInRequest, form: forms.Form, save: Callable[[forms.Form], None], title: str) -> HttpResponse:
    """Show a form, or save it and lead back to the catalogue; a refusal stands at its field."""
    if form.is_valid():
        try:
            save(form)
        except DomainError as refusal:
            field = str(refusal.data.get("field", ""))
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            return redirect("console_packages:index")
    status = 422 if form.errors else 200
    return render(request, "console_packages/form.html", {"form": form, "title": title}, status=status)
