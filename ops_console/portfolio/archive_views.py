"""Exports and restores of all malls, the register of erasures, domains."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from tenants.archives import operations as archives
from tenants.archives import queries as archived
from tenants.archives.exporting import work_folder
from tenants.archives.models import MallRestore
from tenants.domains import operations as domains
from tenants.domains import queries as claimed
from tenants.domains.models import Quarantine
from tenants.erasure.models import Erasure
from tenants.provisioning.operations import AddressTaken
from tenants.registry.names import AddressRefused

from .lifecycle_forms import ClaimFilterForm, LiftForm, RegisterFilterForm, RestoreForm, WorkFilterForm

PER_PAGE = 30


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def list_archives(request: SignedInRequest) -> HttpResponse:
    """List exports and restores, what is under way on top."""
    form = WorkFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    chosen = {"words": wanted["q"], "state": wanted["state"]}
    page = Paginator(archived.exports(**chosen), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "restores": list(archived.restores(**chosen)[:PER_PAGE]),
        "is_filtered": any(wanted.values()),
        "may_restore": roles.has_role(request.user, roles.MAY_ERASE),
    }
    return render(request, "portfolio/archives.html", context)


@never_cache
@roles.staff_only(*roles.MAY_ERASE)
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: SignedInRequest) -> HttpResponse:
    """Ask for an archive and an address, and start a restore."""
    sent = request.method == "POST"
    first = {"export": request.GET.get("export", "")[:26]}
    form = RestoreForm(request.POST, request.FILES) if sent else RestoreForm(initial=first)
    if sent and form.is_valid():
        try:
            return redirect("portfolio:restore", _begin(request, form).public_id)
        except (AddressTaken, AddressRefused) as refusal:
            form.add_error("slug", str(refusal))
    return render(request, "portfolio/restore_new.html", {"form": form}, status=422 if form.errors else 200)


def _begin(request: SignedInRequest, form: RestoreForm) -> MallRestore:
    data = form.cleaned_data
    given = {
        "slug": data["slug"].strip().lower(),
        "override_reason": data["override"],
        "by": request.actor,
        "now": clock.now(),
    }
    if data["export"]:
        name = data["export"].key.rpartition("/")[2]
        return archives.start_restore(source=data["export"], file_name=name, **given)
    upload: UploadedFile = data["file"]
    with tempfile.TemporaryDirectory(dir=work_folder()) as folder:
        path = Path(folder) / "upload.zip"
        with path.open("wb") as target:
            target.writelines(upload.chunks())
        return archives.start_restore(source=path, file_name=upload.name or "archive.zip", **given)


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def show_restore(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show how a restore goes, and what it made."""
    found = get_object_or_404(MallRestore.objects.select_related("tenant"), public_id=public_id)
    context = {"restore": found, "may_restore": roles.has_role(request.user, roles.MAY_ERASE)}
    return render(request, "portfolio/restore.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def register(request: SignedInRequest) -> HttpResponse:
    """List erasures: asked for, under way, done, taken back."""
    form = RegisterFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    found = Erasure.objects.select_related("tenant").prefetch_related("overrides")
    if wanted["state"]:
        found = found.filter(state=wanted["state"])
    if wanted["q"]:
        found = found.filter(Q(tenant__name__icontains=wanted["q"]) | Q(schema_name__icontains=wanted["q"]))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "is_filtered": any(wanted.values()), "days": settings.ERASURE_GRACE_DAYS}
    return render(request, "portfolio/register.html", context)


@never_cache
@roles.staff_only()
@require_safe
def list_domains(request: SignedInRequest) -> HttpResponse:
    """List claims of all malls, and the domains that rest."""
    form = ClaimFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    resting = wanted["state"] == "resting"
    claims = claimed.all_claims(words=wanted["q"], state="" if resting else wanted["state"])
    page = Paginator(claims.none() if resting else claims, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "resting": list(claimed.resting(words=wanted["q"], now=clock.now())[:100])
        if resting or not wanted["state"]
        else [],
        "is_filtered": any(wanted.values()),
        "may_lift": roles.has_role(request.user, roles.MAY_ERASE),
        "days": settings.DOMAIN_QUARANTINE_DAYS,
    }
    return render(request, "portfolio/domains.html", context)


@never_cache
@roles.staff_only(*roles.MAY_ERASE)
@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask why a domain need not rest any longer, and free it."""
    found = get_object_or_404(Quarantine.objects.select_related("tenant"), pk=pk)
    form = LiftForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        domains.lift_quarantine(domain=found.domain, by=request.actor, now=clock.now(), **form.cleaned_data)
        return redirect("portfolio:domains")
    status = 422 if form.errors else 200
    return render(request, "portfolio/lift.html", {"form": form, "resting": found}, status=status)
