"""A mall's state, archives and end; on its page in the console."""

from typing import cast

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ops_console.mandates import roles
from saas.accounts.confirming import confirmed
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from tenants.archives import links
from tenants.archives import operations as archives
from tenants.archives import queries as archived
from tenants.archives.models import MallExport, MallRestore
from tenants.domains import queries as domains
from tenants.domains.models import Quarantine
from tenants.erasure import operations as erasure
from tenants.erasure import owed
from tenants.erasure import queries as erasures
from tenants.erasure.models import Erasure
from tenants.erasure.owed import Owed
from tenants.registry.models import Tenant

from .lifecycle_forms import EraseForm
from .mall_views import mall_of, page_of

WORKS = {"export": MallExport, "restore": MallRestore, "erasure": Erasure}


def owed_by(tenant: Tenant) -> list[Owed]:
    """Return what a mall owes its shoppers; nothing of one whose schema is gone, or in maintenance and not to be asked."""
    is_asked = tenant.status in (Tenant.Status.OPEN, Tenant.Status.SUSPENDED) and not tenant.parked
    return owed.of_mall(tenant) if is_asked else []


def _lack_of(standing: Erasure | None) -> object:
    """Return what a mall that moves lacks meanwhile: an archive that knows all that was sold and used since; empty when nothing."""
    if standing is None or standing.moves_at is None or standing.state != standing.State.WAITING:
        return ""
    return "" if erasures.is_archived(standing.tenant) else erasure.NoArchive.message


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def lifecycle(request: SignedInRequest, public_id: str, error: object = "") -> HttpResponse:
    """Show a mall's state, its archives, and whether it is to be erased."""
    tenant, now = mall_of(public_id), clock.now()
    standing = erasures.standing(tenant)
    context = page_of(request, tenant, "lifecycle") | {
        "exports": archived.exports_of(tenant),
        "restores": list(tenant.restores.all()[:5]),
        "erasure": standing,
        "is_due": standing is not None and standing.due_at <= now,
        "owed": owed_by(tenant) if standing and standing.state == standing.State.WAITING else [],
        "lack": _lack_of(standing),
        "history": list(tenant.erasures.all()[:10]),
        "may_cancel": standing is not None and standing.may_cancel(by=request.actor),
        "may_export": roles.has_role(request.user, roles.MAY_EXPORT),
        "may_erase": roles.has_role(request.user, roles.MAY_ERASE),
        "is_served": tenant.status in (Tenant.Status.OPEN, Tenant.Status.SUSPENDED),
        "error": error,
    }
    return render(request, "portfolio/lifecycle.html", context, status=422 if error else 200)


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def work(request: SignedInRequest, kind: str, public_id: str) -> HttpResponse:
    """Answer with a work's progress, asked for every second; its end asks the page to load again."""
    if kind not in WORKS:
        raise Http404
    found = get_object_or_404(WORKS[kind], public_id=public_id)
    now = clock.now()
    context = {
        "work": found,
        "kind": kind,
        "left": found.remaining(at=now),
        "is_quiet": archived.is_quiet(found, at=now),
    }
    response = render(request, "portfolio/work.html", context)
    if not found.is_under_way:
        response.headers["HX-Refresh"] = "true"
    return response


@roles.staff_only(*roles.MAY_EXPORT)
@require_POST
def export(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask for an archive."""
    tenant = mall_of(public_id)
    try:
        archives.start_export(tenant=tenant, by=request.actor, now=clock.now())
    except (archives.ExportUnderWay, archives.NotServed, archives.TooManyExports) as refusal:
        return redirect_with(request, public_id, refusal)
    return redirect("portfolio:lifecycle", public_id)


def redirect_with(request: SignedInRequest, public_id: str, refusal: DomainError) -> HttpResponse:
    """Show the mall's page again, with why the act was refused."""
    request.method = "GET"
    return lifecycle(request, public_id, refusal)


@roles.staff_only(*roles.MAY_EXPORT)
@require_POST
def cancel(request: SignedInRequest, kind: str, public_id: str) -> HttpResponse:
    """Stop an export; a restore too, for those who may begin one."""
    if kind == "restore":
        return _cancel_restore(request, public_id)
    if kind != "export":
        raise Http404
    found = get_object_or_404(MallExport, public_id=public_id)
    archives.cancel(work=found, by=request.actor, now=clock.now())
    return redirect("portfolio:lifecycle", found.tenant.public_id)


@roles.staff_only(*roles.MAY_ERASE)
def _cancel_restore(request: SignedInRequest, public_id: str) -> HttpResponse:
    found = get_object_or_404(MallRestore, public_id=public_id)
    archives.cancel(work=found, by=request.actor, now=clock.now())
    return redirect("portfolio:archives")


def _page_of(public_id: str) -> str:
    """Return the path of the page on which an export stands."""
    found = get_object_or_404(MallExport.objects.select_related("tenant"), public_id=public_id)
    return reverse("portfolio:lifecycle", args=[found.tenant.public_id])


@roles.staff_only(*roles.MAY_EXPORT)
@require_POST
@confirmed(back=_page_of)
def link(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask for the password; then make a link to an archive for this person, and go there."""
    found = get_object_or_404(MallExport, public_id=public_id)
    token = links.token_for(export=found, by=request.actor)
    response = redirect("portfolio:download", token)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@roles.staff_only(*roles.MAY_EXPORT)
@require_safe
def download(request: SignedInRequest, token: str) -> HttpResponse:
    """Send an archive."""
    return cast("HttpResponse", links.answer(token=token, by=request.actor, now=clock.now()))


@roles.staff_only(*roles.MAY_EXPORT)
@require_POST
def remove(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Delete an archive from the storage."""
    found = get_object_or_404(MallExport.objects.select_related("tenant"), public_id=public_id)
    archives.remove_archive(export=found, by=request.actor, now=clock.now())
    return redirect("portfolio:lifecycle", found.tenant.public_id)


@never_cache
@roles.staff_only(*roles.MAY_ERASE)
@confirmed()
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask for the password, say what erasing removes and what stays, ask for the address, and note the request."""
    tenant = mall_of(public_id)
    form = EraseForm(request.POST if request.method == "POST" else None, slug=tenant.slug)
    if request.method == "POST" and form.is_valid():
        try:
            erasure.ask(tenant=tenant, by=request.actor, now=clock.now(), **form.cleaned_data)
        except erasure.WrongWord as refusal:
            form.add_error("typed", str(refusal))
        except (erasure.AlreadyAsked, erasure.NotErasable) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("portfolio:lifecycle", public_id)
    context = page_of(request, tenant, "lifecycle") | {
        "form": form,
        "archives": archived.usable(tenant),
        "owed": owed_by(tenant),
    }
    return render(request, "portfolio/erase.html", context, status=422 if form.errors else 200)


@roles.staff_only(*roles.MAY_ERASE)
@require_POST
def keep(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take the request to erase back."""
    try:
        erasure.cancel(tenant=mall_of(public_id), by=request.actor, now=clock.now())
    except erasure.TooLate as refusal:
        return redirect_with(request, public_id, refusal)
    return redirect("portfolio:lifecycle", public_id)


@never_cache
@roles.staff_only()
@require_safe
def mall_domains(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a mall's addresses: the platform's, its claims, and what rests."""
    tenant = mall_of(public_id)
    context = page_of(request, tenant, "domains") | {
        "claims": domains.claims_of(tenant),
        "resting": list(Quarantine.objects.filter(tenant=tenant, until_at__gt=clock.now()).order_by("until_at")),
        "empty_text": _("The merchant adds a domain in the back office, under Domains."),
        "all_url": reverse("portfolio:domains"),
    }
    return render(request, "portfolio/mall_domains.html", context)
