"""Merchants' statements in the console, and a voucher's money."""

from datetime import UTC
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.ledger import queries as ledger
from billing.ledger import timeline
from billing.ledger.queries import LineFilter
from billing.payouts.models import Payout
from billing.settlements import arriving
from billing.statements import documents, operations, paying, queries
from billing.statements.documents import Paper
from billing.statements.models import Statement
from ops_console.mandates import roles
from ops_console.portfolio.mall_views import mall_of, page_of
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from saas.ui.formats import format_money
from tenants.registry.models import Tenant

from .forms import AnswerForm, StatementFilter

PER_PAGE = 50
MAY_ANSWER = (roles.FINANCE, roles.ADMIN)


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the statements of all malls."""
    form = StatementFilter(request.GET)
    wanted = form.wanted()
    page = Paginator(range(queries.count(wanted)), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.counts_by_state()
    context = {
        "form": form,
        "page": page,
        "rows": queries.statements(wanted, limit=PER_PAGE, offset=PER_PAGE * (page.number - 1)),
        "questions": counts.get(Statement.State.QUESTION, 0),
        "is_filtered": any((wanted.states, wanted.first_day, wanted.text)),
        "tab": "statements",
    }
    return render(request, "console_statements/index.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a statement."""
    return _page(request, _statement(public_id), AnswerForm())


@roles.staff_only(*MAY_ANSWER)
@require_POST
def answer(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Answer the merchant's question."""
    found, form = _statement(public_id), AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        operations.answer(statement=public_id, text=form.cleaned_data["text"], by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Answered. The merchant is told by mail."))
    return redirect("console_statements:detail", public_id)


@roles.staff_only(*MAY_ANSWER)
@require_POST
def paid(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Mark a confirmed statement as paid, if its money has reached the bank."""
    _statement(public_id)
    try:
        operations.mark_paid(statement=public_id, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Marked as paid."))
    return redirect("console_statements:detail", public_id)


@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def pdf(_request: SignedInRequest, public_id: str) -> HttpResponse:
    """Answer with the statement as the merchant's PDF."""
    found = _statement(public_id)
    tenant = Tenant.objects.filter(schema_name=found.tenant_schema).first()
    name, zone = (tenant.name, tenant.time_zone) if tenant else (found.tenant_schema, "UTC")
    lines = list(queries.lines(found))
    paper = Paper(found, name, ZoneInfo(zone), queries.totals(found), lines, queries.remarks(found))
    response = HttpResponse(documents.as_pdf(paper), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{documents.file_name(found, "pdf")}"'
    return response


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def voucher(request: SignedInRequest, public_id: str, voucher: str) -> HttpResponse:
    """Show a voucher's money, step by step, as the mall's merchant sees it."""
    tenant = mall_of(public_id)
    lines = ledger.lines(LineFilter(schema=tenant.schema_name, voucher=voucher), limit=1)
    if not lines:
        raise Http404
    steps = timeline.of_voucher(schema=tenant.schema_name, voucher=voucher, order=lines[0].order)
    zone = ZoneInfo(tenant.time_zone)
    events = [{**vars(step), "at": step.happened_at.astimezone(zone)} for step in steps]
    events += [_arrival(one) for one in arriving.payouts_of(schema=tenant.schema_name, voucher=voucher)]
    context = page_of(request, tenant, "money") | {"events": events, "voucher": voucher, "order": lines[0].order}
    return render(request, "console_statements/voucher.html", context)


def _arrival(payout: Payout) -> dict[str, object]:
    """Return a payout as the last step of a voucher's money; the day is Stripe's, in no time zone."""
    is_paid = payout.state == Payout.State.PAID
    amount = format_money(payout.amount_minor, payout.currency)
    return {
        "title": _("Arrived at the merchant's bank") if is_paid else _("On its way to the merchant's bank"),
        "at": date_format((payout.arrives_at or payout.created_at).astimezone(UTC).date(), "DATE_FORMAT"),
        "text": _("With a payout of %(amount)s") % {"amount": amount},
        "by": "Stripe",
        "kind": "success" if is_paid else "warning",
        "icon": "landmark",
    }


def _statement(public_id: str) -> Statement:
    found = queries.find(public_id)
    if found is None:
        raise Http404
    return found


def _page(request: SignedInRequest, found: Statement, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    page = Paginator(queries.lines(found), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "statement": found,
        "tenant": Tenant.objects.filter(schema_name=found.tenant_schema).first(),
        "totals": queries.totals(found),
        "remarks": queries.remarks(found),
        "payment": paying.payment_of(found),
        "form": form,
        "page": page,
        "may_answer": roles.has_role(request.user, MAY_ANSWER),
        "tab": "statements",
    }
    return render(request, "console_statements/detail.html", context, status=status)
