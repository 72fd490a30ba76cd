"""Payouts: the account at Stripe, how often, settlements and what reached the bank."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from billing.gateway import accounts
from billing.gateway.client import GatewayUnavailable
from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from cms.backoffice.fresh import signed_in_lately
from saas.kernel import clock
from saas.kernel.errors import DomainError
from storefront.stores import moments
from tenants.isolation.current import mall

from . import operations, queries
from .forms import CountryForm, ScheduleForm

# What only the owner has: the right to answer for the merchant (A3).
MAY_DECIDE = "terms.change_termproposal"
MONEY = ("backoffice:money", gettext_lazy("Money"))
CRUMBS = [MONEY, ("backoffice:payouts", gettext_lazy("Payouts"))]
WAITING = gettext_lazy("Stripe does not answer just now. Nothing is lost: try again in a minute.")


@never_cache
@require_safe
@needs("payments.view_payment")
def index(request: HttpRequest) -> HttpResponse:
    """Show how the account stands, how often money is sent, settlements and payouts."""
    page = Paginator(range(queries.payout_rows(limit=0)[1]), frame.ROWS).get_page(request.GET.get("page"))
    return frame.page(
        request,
        "backoffice/payouts/index.html",
        _("Payouts"),
        CRUMBS[:1],
        standing=queries.standing(),
        terms=queries.terms(today=moments.local(clock.now()).date()),
        settlements=queries.settlements(limit=12)[0],
        payouts=queries.payout_rows(limit=frame.ROWS, offset=frame.ROWS * (page.number - 1))[0],
        page=page,
        may_decide=request.user.has_perm(MAY_DECIDE),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_DECIDE)
@signed_in_lately
def connect(request: HttpRequest) -> HttpResponse:
    """Say what Stripe will ask, then lead to its page."""
    known = accounts.known_account(mall().schema_name)
    form = CountryForm(frame.posted(request), currency=mall().currency)
    if request.method == "POST" and (known is not None or form.is_valid()):
        country = form.cleaned_data["country"] if known is None else ""
        try:
            email = request.user.email or mall().owner_email  # type: ignore[union-attr]  # needs() lets people in only
            return redirect(operations.connect(email=email, country=country, by=actor(request), now=clock.now()))
        except GatewayUnavailable:
            messages.warning(request, str(WAITING))
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect("backoffice:payouts")
    status = 422 if form.errors else 200
    context = {"form": form, "standing": queries.standing(), "is_late": "late" in request.GET, "status": status}
    return frame.page(request, "backoffice/payouts/connect.html", _("Connect payouts"), CRUMBS, **context)


@never_cache
@require_safe
@needs("payments.view_payment")
def back(request: HttpRequest) -> HttpResponse:
    """Come back from Stripe's page: ask Stripe how the account stands now."""
    try:
        accounts.read_account(tenant_schema=mall().schema_name, now=clock.now())
    except accounts.NoAccount as error:
        raise Http404 from error
    except DomainError:
        messages.warning(request, str(WAITING))
    else:
        messages.info(request, queries.standing().lead)
    return redirect("backoffice:payouts")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_DECIDE)
@signed_in_lately
def schedule(request: HttpRequest) -> HttpResponse:
    """Choose how often money is sent."""
    terms = queries.terms(today=moments.local(clock.now()).date())
    form = ScheduleForm(frame.posted(request), initial={"schedule": terms.schedule})
    if request.method == "POST" and form.is_valid():
        try:
            operations.choose_schedule(schedule=form.cleaned_data["schedule"], by=actor(request), now=clock.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Saved. It holds from the next settlement on."))
        return redirect("backoffice:payouts")
    status = 422 if form.errors else 200
    return frame.page(
        request, "backoffice/payouts/schedule.html", _("How often"), CRUMBS, form=form, terms=terms, status=status
    )


@require_safe
@needs("payments.view_payment")
def settlement(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a settlement and the used vouchers that it is made of."""
    row = queries.settlement(public_id)
    if row is None:
        raise Http404
    page = Paginator(range(row.lines_count), frame.ROWS).get_page(request.GET.get("page"))
    lines = queries.earnings(public_id, limit=frame.ROWS, offset=frame.ROWS * (page.number - 1))
    title = _("Settlement of %(day)s") % {"day": date_format(row.day)}
    return frame.page(request, "backoffice/payouts/settlement.html", title, CRUMBS, row=row, page=page, lines=lines)


@require_safe
@needs("payments.view_payment")
def payout(request: HttpRequest, payout_id: str) -> HttpResponse:
    """Show a payout and what it brings, order by order."""
    found = queries.payout(payout_id)
    if found is None:
        raise Http404
    row, shares = found
    return frame.page(request, "backoffice/payouts/payout.html", _("Payout"), CRUMBS, row=row, shares=shares)
