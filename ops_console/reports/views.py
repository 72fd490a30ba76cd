"""Credits and reports in the console."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError

from . import documents, presenting, queries, settling
from .forms import CreditFilterForm, ReportFilterForm, SettleForm
from .models import CreditLine, Report

PER_PAGE = 50
MAY_SETTLE = (roles.FINANCE, roles.ADMIN)


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def credits_list(request: SignedInRequest) -> HttpResponse:
    """List what missed work gives back, and on which invoice it stands."""
    form = CreditFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    context = {
        "form": form,
        "page": Paginator(queries.credit_lines(wanted), PER_PAGE).get_page(request.GET.get("page")),
        "is_filtered": any(wanted.values()),
        "held": queries.credit_lines({"state": "held"}).count(),
        "may_settle": roles.has_role(request.user, MAY_SETTLE),
    }
    return render(request, "console_reports/credits.html", context)


@never_cache
@roles.staff_only(*MAY_SETTLE)
@require_http_methods(["GET", "HEAD", "POST"])
def credit_settle(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say how a credit that is held up was settled."""
    line = get_object_or_404(CreditLine.objects.select_related("tenant"), public_id=public_id)
    form = SettleForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            settling.settle(credit=public_id, why=form.cleaned_data["why"], by=request.actor, now=clock.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("It is noted as settled."))
            return redirect("console_reports:credits")
    context = {"line": line, "form": form}
    return render(request, "console_reports/settle.html", context, status=422 if form.errors else 200)


@never_cache
@roles.staff_only()
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List reports of all malls, newest first."""
    form = ReportFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = Paginator(queries.reports(wanted), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [queries.row(one) for one in page.object_list],
        "is_filtered": any(wanted.values()),
    }
    return render(request, "console_reports/reports.html", context)


@never_cache
@roles.staff_only()
@require_safe
def detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one report as the merchant sees it."""
    report = _report(public_id)
    context = {
        "tenant": report.tenant,
        "shown": presenting.present(report),
        "pdf_href": reverse("console_reports:pdf", args=[public_id]),
        "evidence_base": request.path + "evidence/",
    }
    return render(request, "console_reports/report.html", context)


@never_cache
@roles.staff_only()
@require_safe
def pdf(_request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give a report as a file."""
    report = _report(public_id)
    disposition = f'attachment; filename="{documents.file_name(report)}"'
    headers = {"Content-Disposition": disposition}
    return HttpResponse(documents.as_pdf(report), content_type="application/pdf", headers=headers)


@never_cache
@roles.staff_only()
@require_safe
def evidence(_request: SignedInRequest, public_id: str, evidence: str) -> HttpResponse:
    """Show a picture that stands on a report."""
    return queries.picture_response(queries.picture(_report(public_id), evidence))


def _report(public_id: str) -> Report:
    return get_object_or_404(Report.objects.select_related("tenant"), public_id=public_id)
