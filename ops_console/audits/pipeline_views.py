"""Pipelines and which malls are audited."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from tenants.registry.models import Tenant

from . import pipelines
from .forms import MallFilterForm, MallForm, PipelineForm, Stages, draft_of, stage_initial
from .models import MallAudit, Pipeline

PER_PAGE = 50


@never_cache
@roles.staff_only()
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the pipelines with their stages."""
    pipelines.ensure_default(now=clock.now())
    rows = Pipeline.objects.filter(retired_at=None).select_related("package").prefetch_related("stages")
    context = {"rows": rows, "may_manage": roles.has_role(request.user, roles.MAY_MANAGE)}
    return render(request, "audits/pipelines.html", context)


@never_cache
@roles.staff_only(*roles.MAY_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest) -> HttpResponse:
    """Make a pipeline, beginning with the default's stages."""
    return _edit(request, None, stage_initial(pipelines.ensure_default(now=clock.now())))


@never_cache
@roles.staff_only(*roles.MAY_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change a pipeline."""
    pipeline = get_object_or_404(Pipeline, public_id=public_id, retired_at=None)
    return _edit(request, pipeline, stage_initial(pipeline))


def _edit(request: SignedInRequest, pipeline: Pipeline | None, initial: list[dict[str, Any]]) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    package = pipeline.package.public_id if pipeline and pipeline.package else None
    start = {"name": pipeline.name, "trade": pipeline.trade, "package": package} if pipeline else {}
    form, stages = PipelineForm(data, initial=start), Stages(data, prefix="stages", initial=initial)
    if data is not None and all([form.is_valid(), stages.is_valid()]):
        held = pipeline.public_id if pipeline else ""
        try:
            pipelines.save(pipeline=held, draft=draft_of(form, stages), by=request.actor, now=clock.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved. Audits that are open keep their stages."))
            return redirect("audits:pipelines")
    context = {"form": form, "stages": stages, "pipeline": pipeline}
    return render(request, "audits/pipeline.html", context, status=422 if data is not None else 200)


@roles.staff_only(*roles.MAY_MANAGE)
@require_POST
def retire(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Use a pipeline no more."""
    get_object_or_404(Pipeline, public_id=public_id)
    try:
        pipelines.retire(pipeline=public_id, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("audits:pipelines")


@never_cache
@roles.staff_only()
@require_safe
def malls(request: SignedInRequest) -> HttpResponse:
    """List malls with what happens before a deal of theirs goes on sale."""
    form = MallFilterForm(request.GET)
    rows = Tenant.objects.served().select_related("audit__pipeline").order_by("name")
    for word in (form.cleaned_data["q"] if form.is_valid() else "").split():
        rows = rows.filter(name__icontains=word)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    may_set = roles.has_role(request.user, roles.MAY_SELL)
    context = {
        "form": form,
        "page": page,
        "rows": [(tenant, _form(tenant) if may_set else None) for tenant in page.object_list],
        "is_filtered": bool(request.GET.get("q")),
    }
    return render(request, "audits/malls.html", context)


def _form(tenant: Tenant) -> MallForm:
    audit: MallAudit | None = getattr(tenant, "audit", None)
    chosen = "alone" if audit is None else (audit.pipeline.public_id if audit.pipeline else "auto")
    return MallForm(initial={"choice": chosen}, auto_id=f"{tenant.public_id}_%s")


@roles.staff_only(*roles.MAY_SELL)
@require_POST
def set_mall(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Choose what happens before a deal of a mall goes on sale."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    form = MallForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the list."))
    elif form.cleaned_data["choice"] == "alone":
        try:
            pipelines.release(tenant=tenant, by=request.actor, now=clock.now())
        except pipelines.StillHosted as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("%(mall)s publishes by the automatic checks and the guard.") % {"mall": tenant.name}
            )
    else:
        chosen = Pipeline.objects.filter(public_id=form.cleaned_data["choice"]).first()
        pipelines.require(tenant=tenant, pipeline=chosen, by=request.actor, now=clock.now())
        messages.success(request, _("Deals of %(mall)s are audited from now on.") % {"mall": tenant.name})
    return redirect("audits:malls")
