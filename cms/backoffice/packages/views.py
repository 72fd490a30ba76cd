"""The merchant's page of the agency's service package: offered, taken, billed, ended. The rows are the platform's."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.gateway.client import GatewayUnavailable
from billing.gateway.packages import portal_url
from billing.packages import beginning, files, queries, selling, used
from billing.packages.queries import SubscriptionRow
from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from saas.kernel.errors import DomainError
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

MAY_SIGN = "terms.change_termproposal"
CRUMBS = [("backoffice:packages", gettext_lazy("Agency's services"))]
PER_PAGE = 50
WAITING = gettext_lazy("Stripe does not answer just now. Nothing is lost: open this page again in a minute to go on.")


@require_safe
@needs("payments.view_payment")
def index(request: HttpRequest) -> HttpResponse:
    """Show the package, what it costs, its invoices and how to end it."""
    found = _packages()
    still_open = [row for row in found if row.state in queries.OPEN_STATES]
    return frame.page(
        request,
        "backoffice/packages/index.html",
        _("Agency's services"),
        current=next(iter(still_open), None),
        running=_running(next(iter(still_open), None)),
        upcoming=still_open[1:],
        now=clock.now(),
        former=[row for row in found if row.state not in queries.OPEN_STATES],
        may_sign=request.user.has_perm(MAY_SIGN),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_SIGN)
def accept(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask once more, then take the package and lead to where the card is entered, if it is paid by card."""
    row = _row_or_404(public_id)
    if request.method != "POST":
        return frame.page(request, "backoffice/packages/accept.html", _("Take the package"), CRUMBS, row=row)
    tenant, by, now = mall(), actor(request), clock.now()
    here = request.build_absolute_uri("/manage/services/")
    try:
        with on_platform():
            selling.accept(subscription=public_id, schema=tenant.schema_name, by=by, now=now)
            steps = beginning.begin(
                subscription=public_id, tenant=tenant, urls=(f"{here}{public_id}/begun/", here), now=now
            )
    except GatewayUnavailable:
        messages.warning(request, str(WAITING))
        return redirect("backoffice:packages")
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("backoffice:packages")
    return redirect(steps.url or "backoffice:packages")


@require_safe
@needs(MAY_SIGN)
def begun(request: HttpRequest, public_id: str) -> HttpResponse:
    """Come back from Stripe's page: ask Stripe whether the package has begun."""
    row = _row_or_404(public_id)
    tenant, now = mall(), clock.now()
    here = request.build_absolute_uri("/manage/services/")
    try:
        with on_platform():
            beginning.begin(
                subscription=row.public_id, tenant=tenant, urls=(f"{here}{public_id}/begun/", here), now=now
            )
    except DomainError:
        messages.warning(request, str(WAITING))
    return redirect("backoffice:packages")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_SIGN)
def decline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask, then say no."""
    row = _row_or_404(public_id)
    return _asked(
        request,
        lambda: selling.decline(subscription=public_id, schema=row.tenant_schema, by=actor(request), now=clock.now()),
        title=_("Decline the package"),
        lead=_("Decline “%(name)s”?") % {"name": row.name},
        text=_("Your mall goes on as it is, and you run it yourself."),
        button=_("Decline"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_SIGN)
def end(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask, then give notice."""
    row = _row_or_404(public_id)
    return _asked(
        request,
        lambda: selling.give_notice(
            subscription=public_id, schema=row.tenant_schema, by=actor(request), now=clock.now()
        ),
        title=_("End the package"),
        lead=_("End “%(name)s” as early as its terms allow?") % {"name": row.name},
        text=_("The mall, what is sold, what you have earned and your data stay as they are."),
        button=_("Give notice"),
    )


@require_safe
@needs(MAY_SIGN)
def portal(request: HttpRequest) -> HttpResponse:
    """Lead to Stripe's page for card and invoices."""
    row = next((one for one in _packages() if one.state in queries.OPEN_STATES and one.stripe_customer), None)
    if row is None:
        raise Http404
    try:
        url = portal_url(customer_id=row.stripe_customer, return_url=request.build_absolute_uri("/manage/services/"))
    except DomainError:
        url = ""
    if not url:
        messages.warning(request, str(WAITING))
    return redirect(url or "backoffice:packages")


@require_safe
@needs("payments.view_payment")
def paper(request: HttpRequest, kind: str, number: str) -> HttpResponse:
    """Lead to the PDF of an invoice or a credit note, which Stripe has."""
    schema = mall().schema_name
    try:
        with on_platform():
            url = files.address_of(kind, number, schema=schema)
    except DomainError:
        messages.warning(request, str(WAITING))
        return redirect("backoffice:packages")
    if not url:
        raise Http404
    return redirect(url)


@require_safe
@needs("payments.view_payment")
def used_units(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show each record of units that a package was used for, newest first."""
    row = _row_or_404(public_id)
    with on_platform():
        page = Paginator(range(used.records_count(public_id)), PER_PAGE).get_page(request.GET.get("page"))
        offset = max(page.start_index() - 1, 0)
        rows = used.records(public_id, now=clock.now(), limit=PER_PAGE, offset=offset)
    return frame.page(
        request,
        "backoffice/packages/used.html",
        _("What was used"),
        CRUMBS,
        row=row,
        running=_running(row),
        rows=rows,
        page=page,
    )


def _running(row: SubscriptionRow | None) -> used.UsedPeriod | None:
    if row is None or not row.has_units:
        return None
    with on_platform():
        return used.period(row.public_id, now=clock.now())


def _packages() -> list[SubscriptionRow]:
    schema = mall().schema_name
    with on_platform():
        return queries.of_mall(schema)


def _row_or_404(public_id: str) -> SubscriptionRow:
    row = next((one for one in _packages() if one.public_id == public_id), None)
    if row is None:
        raise Http404
    return row


def _asked(request: HttpRequest, act: Callable[[], object], *, title: str, **question: object) -> HttpResponse:
    """Show a question, or act on the platform and lead back; a refusal is said on the page."""
    if request.method != "POST":
        back = request.build_absolute_uri("/manage/services/")
        return frame.page(request, "backoffice/confirm.html", title, CRUMBS, back=back, danger=True, **question)
    try:
        with on_platform():
            act()
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("backoffice:packages")
