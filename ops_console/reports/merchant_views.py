"""Reports as the merchant sees them. The rows are the platform's; only the mall's own are ever read."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import becoming, documents, issuing, presenting, queries
from .models import Report

CRUMBS = [("hosting_reports:index", gettext_lazy("Reports"))]


@require_safe
@needs("payments.view_payment")
def index(request: HttpRequest) -> HttpResponse:
    """List the reports, newest first."""
    schema, kind = mall().schema_name, request.GET.get("kind", "")
    with on_platform():
        rows = queries.of_mall(schema, kind=kind)
    page = frame.paginate(request, rows)
    return frame.page(
        request, "hosting_reports/index.html", _("Reports"), tab="reports", page=page, kind=kind,
        kinds=[("", _("All")), *Report.Kind.choices],
    )  # fmt: skip


@require_safe
@needs("payments.view_payment")
def credits_list(request: HttpRequest) -> HttpResponse:
    """List what missed work gives back, and what became of it."""
    schema = mall().schema_name
    with on_platform():
        rows = becoming.of_mall(schema)
    page = frame.paginate(request, rows)
    return frame.page(request, "hosting_reports/credits.html", _("Credits"), CRUMBS, tab="reports", page=page)


@require_safe
@needs("payments.view_payment")
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one report; that the merchant has opened it is noted once."""
    schema, by, now = mall().schema_name, actor(request), clock.now()
    with on_platform():
        report = _report(schema, public_id)
        issuing.note_read(report, by=by, now=now)
        shown = presenting.present(report)
    return frame.page(
        request, "hosting_reports/detail.html", shown.span, CRUMBS, tab="reports", shown=shown,
        pdf_href=reverse("hosting_reports:pdf", args=[public_id]), evidence_base=request.path + "evidence/",
    )  # fmt: skip


@require_safe
@needs("payments.view_payment")
def pdf(_request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the report as a file."""
    schema = mall().schema_name
    with on_platform():
        report = _report(schema, public_id)
        name, body = documents.file_name(report), documents.as_pdf(report)
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(body, content_type="application/pdf", headers={"Content-Disposition": disposition})


@require_safe
@needs("payments.view_payment")
def evidence(_request: HttpRequest, public_id: str, evidence: str) -> HttpResponse:
    """Show a picture that stands on a report."""
    schema = mall().schema_name
    with on_platform():
        picture = queries.picture(_report(schema, public_id), evidence)
    return queries.picture_response(picture)


def _report(schema: str, public_id: str) -> Report:
    found = Report.objects.select_related("tenant").filter(tenant__schema_name=schema, public_id=public_id).first()
    if found is None:
        raise Http404
    return found
