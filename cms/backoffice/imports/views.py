"""Imports of product files: upload, preview, progress, report."""

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from cms.backoffice.exports import csv_response
from saas.kernel import clock
from storefront.catalog.imports import operations
from storefront.catalog.imports.operations import FileTooLarge, ImportNotReady
from storefront.catalog.imports.reading import MAXIMUM_ROWS
from storefront.catalog.models import CatalogImport, ImportLine
from tenants.isolation.current import mall
from tenants.registry.models import Tenant

CRUMBS = [("backoffice:products", gettext_lazy("Products")), ("backoffice:imports", gettext_lazy("Imports"))]
QUIET_SECONDS = 120


class UploadForm(forms.Form):
    """A product file."""

    file = forms.FileField(
        label=gettext_lazy("Product file (CSV)"),
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalog.add_catalogimport")
def index(request: HttpRequest) -> HttpResponse:
    """Take a file, and list the imports."""
    form = UploadForm(frame.posted(request), request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            started = operations.upload(file=file, file_name=file.name, by=actor(request), now=clock.now())
        except FileTooLarge as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("backoffice:import", started.public_id)
    page = frame.paginate(request, CatalogImport.objects.all())
    return frame.page(
        request,
        "backoffice/imports/index.html",
        _("Import products"),
        CRUMBS[:1],
        form=form,
        page=page,
        maximum=MAXIMUM_ROWS,
        is_suspended=_is_suspended(),
        wrong_forms=[form],
        status=422 if form.errors else 200,
    )


def _is_suspended() -> bool:
    """Tell whether the mall takes no work that puts things on sale: a file is read then, and its import waits."""
    return mall().status == Tenant.Status.SUSPENDED


def _stand(found: CatalogImport) -> dict[str, object]:
    """Return what the progress part shows."""
    counts = dict(found.lines.order_by().values_list("outcome").annotate(count=Count("pk")))
    waiting = (
        found.pictures.filter(image=None, problem="").count() if found.state == CatalogImport.State.FETCHING else 0
    )
    is_quiet = found.is_under_way and (clock.now() - found.progressed_at).total_seconds() > QUIET_SECONDS
    totals = [(value, label, counts.get(value, 0)) for value, label in ImportLine.Outcome.choices]
    return {
        "one": found, "totals": totals, "pictures_done": found.pictures_total - waiting, "is_quiet": is_quiet,
        "is_suspended": _is_suspended(),
    }  # fmt: skip


@require_safe
@needs("catalog.view_catalogimport")
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show where an import stands: preview, progress or report."""
    found = get_object_or_404(CatalogImport, public_id=public_id)
    outcome = request.GET.get("outcome", "")
    lines = found.lines.filter(outcome=outcome) if outcome in ImportLine.Outcome.values else found.lines.all()
    page = frame.paginate(request, lines, 100)
    return frame.page(
        request,
        "backoffice/imports/detail.html",
        found.file_name,
        CRUMBS,
        page=page,
        outcome=outcome,
        currency=mall().currency,
        **_stand(found),
    )


@require_safe
@needs("catalog.view_catalogimport")
def progress(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answer with the progress part, asked for every second; a change of state asks the page to load again."""
    found = get_object_or_404(CatalogImport, public_id=public_id)
    response = render(request, "backoffice/imports/progress.html", _stand(found))
    if request.GET.get("state") != found.state:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@needs("catalog.add_catalogimport")
def start(request: HttpRequest, public_id: str) -> HttpResponse:
    """Apply a file that was read."""
    get_object_or_404(CatalogImport, public_id=public_id)
    try:
        operations.start(import_id=public_id, by=actor(request), now=clock.now())
    except ImportNotReady as refusal:
        messages.error(request, str(refusal))
    return redirect("backoffice:import", public_id)


@require_POST
@needs("catalog.add_catalogimport")
def resume(request: HttpRequest, public_id: str) -> HttpResponse:
    """Wake an import that stands still."""
    get_object_or_404(CatalogImport, public_id=public_id)
    try:
        operations.resume(import_id=public_id, by=actor(request), now=clock.now())
    except ImportNotReady as refusal:
        messages.error(request, str(refusal))
    return redirect("backoffice:import", public_id)


@require_safe
@needs("catalog.view_catalogimport")
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answer with the report, row by row, as CSV."""
    found = get_object_or_404(CatalogImport, public_id=public_id)
    rows = found.lines.values_list("row", "handle", "outcome", "detail")
    return csv_response(
        f"import-{found.created_at:%Y%m%d-%H%M}.csv",
        [_("Row"), _("Handle"), _("Outcome"), _("Detail")],
        rows.iterator(chunk_size=5000),
    )
