"""The list of audits, one case, and its pictures."""

from typing import Any, BinaryIO

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock

from . import deal_pictures, evidence, queries
from .forms import DecideForm, EvidenceForm, FilterForm
from .models import AuditCase, StageEvidence

PER_PAGE = 50
TABS = [
    ("mine", gettext_lazy("For me")),
    ("waiting", gettext_lazy("Being audited")),
    ("merchant", gettext_lazy("With the merchant")),
    ("over", pgettext_lazy("audit", "Decided")),
    ("", gettext_lazy("All")),
]


@never_cache
@roles.staff_only()
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List audits, the longest waiting first."""
    view = request.GET.get("view", "mine")
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    now = clock.now()
    page = Paginator(queries.matching(wanted, view=view, person=request.user), PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = [(case, *queries.waits(case, now=now), queries.KINDS[case.state]) for case in page.object_list]
    context = {
        "form": form,
        "view": view,
        "page": page,
        "rows": rows,
        "tabs": _tabs(request, view),
        "is_filtered": any(wanted.values()),
        "has_any": AuditCase.objects.exists(),
    }
    return render(request, "audits/index.html", context)


def _tabs(request: SignedInRequest, current: str) -> list[dict[str, object]]:
    return [
        {
            "label": label,
            "href": f"{request.path}?view={name}",
            "current": name == current,
            "count": queries.matching({}, view=name, person=request.user).count()
            if name in ("mine", "waiting")
            else None,
        }
        for name, label in TABS
    ]


@never_cache
@roles.staff_only()
@require_safe
def detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one case: stages, what was found, what has changed, what happened."""
    return page_of(request, case_of(public_id))


def case_of(public_id: str) -> AuditCase:
    """Return the case of an address, or 404."""
    return get_object_or_404(AuditCase.objects.select_related("tenant", "pipeline"), public_id=public_id)


def page_of(
    request: SignedInRequest, case: AuditCase, *, refused: str = "", form: DecideForm | None = None, at: str = ""
) -> HttpResponse:
    """Return the page of a case; what was refused stands above it, and what was written stays in the form of the stage `at`."""
    rows = queries.stage_rows(case, request.user)
    context: dict[str, Any] = {
        "case": case,
        "kind": queries.KINDS[case.state],
        "waits": queries.waits(case, now=clock.now())[1],
        "rows": [(row, _form(row, case, form if row.stage.key == at else None)) for row in rows],
        "visits": queries.visit_rows(case),
        "lines": queries.lines(case),
        "events": queries.timeline(case),
        "chart": queries.guard_chart(case.guard),
        "evidence_form": EvidenceForm(auto_id=False),
        "can_look": any(roles.has_role(request.user, tuple(row.stage.roles)) for row in rows),
        "refused": refused,
    }
    return render(request, "audits/detail.html", context, status=422 if refused else 200)


def _form(row: queries.StageRow, case: AuditCase, sent: DecideForm | None) -> DecideForm | None:
    if not row.may_decide:
        return None
    return sent or DecideForm(initial={"fingerprint": case.exact}, auto_id=f"{row.stage.key}_%s")


@roles.staff_only()
@require_safe
def picture(request: SignedInRequest, public_id: str, piece: str) -> HttpResponse:
    """Give a picture of a case."""
    found = get_object_or_404(
        StageEvidence.objects.select_related("case__tenant"), public_id=piece, case__public_id=public_id, kind="picture"
    )
    try:
        return _streamed(evidence.opened(found), found.content_type)
    except FileNotFoundError as error:
        raise Http404 from error


@roles.staff_only()
@require_safe
def deal_picture(request: SignedInRequest, public_id: str, which: str) -> HttpResponse:
    """Give the picture that a case's deal was sent with, or had before."""
    try:
        return _streamed(*deal_pictures.opened(case_of(public_id), which))
    except FileNotFoundError as error:
        raise Http404 from error


def _streamed(file: BinaryIO, content_type: str) -> HttpResponse:
    answer: Any = FileResponse(file, content_type=content_type)
    answer["Cache-Control"] = "private, max-age=3600"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    streamed: HttpResponse = answer
    return streamed
