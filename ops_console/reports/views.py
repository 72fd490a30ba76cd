"""Credits and reports in the console."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest

from . import documents, presenting, queries
from .forms import CreditFilterForm, ReportFilterForm
from .models import Report

PER_PAGE = 50


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
    }
    return render(request, "console_reports/credits.html", context)


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
