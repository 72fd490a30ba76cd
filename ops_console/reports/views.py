"""Credits and reports in the console."""

from typing import Any

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
# Who may be the second person for it.
MAY_CONFIRM = (roles.FINANCE, roles.ADMIN, roles.MANAGER)


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
        "may_confirm": roles.has_role(request.user, MAY_CONFIRM),
    }
    return render(request, "console_reports/credits.html", context)


@never_cache
@roles.staff_only(*MAY_CONFIRM)
@require_http_methods(["GET", "HEAD", "POST"])
def credit_settle(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say how a credit that is held up was settled, or answer as the second person."""
    line = get_object_or_404(CreditLine.objects.select_related("tenant"), public_id=public_id)
    form = SettleForm(request.POST if "why" in request.POST else None)
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        try:
            messages.success(request, _settle(request, form, public_id))
        except DomainError as refusal:
            if not form.is_bound:
                messages.error(request, str(refusal))
                return redirect("console_reports:settle", public_id)
            form.add_error(None, str(refusal))
        else:
            return redirect("console_reports:credits")
    may_settle = roles.has_role(request.user, MAY_SETTLE)
    is_own = line.proposed_by_id == request.actor.public_id
    context = {"line": line, "form": form, "may_settle": may_settle, "is_own": is_own}
    return render(request, "console_reports/settle.html", context, status=422 if form.errors else 200)


def _settle(request: SignedInRequest, form: SettleForm, public_id: str) -> str:
    """Do what was posted and return what to say of it."""
    facts: dict[str, Any] = {"credit": public_id, "by": request.actor, "now": clock.now()}
    if not form.is_bound:
        accept = request.POST.get("answer") == "yes"
        settling.answer(accept=accept, seen=request.POST.get("seen", ""), **facts)
        return (
            _("It is settled. The merchant gets a letter.")
            if accept
            else _("It is not settled. It is held up as before.")
        )
    if not roles.has_role(request.user, MAY_SETTLE):
        raise settling.SettlingRefused(_("Finance says how a credit was settled; you can be the second person."))
    settling.propose(why=form.cleaned_data["why"], **facts)
    return _("It is noted. It holds as soon as a second person has agreed.")


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
