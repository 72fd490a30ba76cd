"""Disputes of all malls, by deadline; one dispute; its evidence, saved, read, sent; giving up."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.gateway.operations import GatewayUnavailable, PaymentRefused
from ops_console.finance.naming import page_of_rows, with_malls
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from saas.ui import tabs
from storefront.disputes import documents, wording
from storefront.disputes.evidence import FIELDS
from storefront.disputes.models import Dispute
from storefront.disputes.refusals import UnknownDispute
from tenants.registry.models import Tenant

from . import operations, queries
from .forms import EvidenceForm, FilterForm, GiveUpForm, SendForm
from .models import Case

TABS = [
    ("open", gettext_lazy("Wait for evidence")),
    ("sent", gettext_lazy("With the bank")),
    ("over", gettext_lazy("Over")),
    ("", gettext_lazy("All")),
]


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the disputes of all malls, the next deadline first."""
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of_rows(request, queries.matching(wanted))
    context = {
        "form": form,
        "page": page,
        "rows": [(case, tenant, *_words(case)) for case, tenant in with_malls(page)],
        "tabs": tabs.by_state(
            TABS,
            path=request.path,
            state=wanted.get("state") or "",
            counts={"open": queries.matching({"state": "open"}).count()},
        ),
        "is_filtered": bool(wanted.get("q") or wanted.get("reason")),
        "soon": clock.now() + queries.SOON,
        "tab": "disputes",
    }
    return render(request, "console_disputes/index.html", context)


def _words(case: Case) -> tuple[str, str, str]:
    kind, word = wording.BADGES[Dispute.State(case.state)]
    return kind, str(word), wording.reason(case.reason)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one dispute: how it stands, what it costs, who did what."""
    return _detail(request, _case(public_id))


def _detail(request: SignedInRequest, case: Case, *, form: GiveUpForm | None = None, status: int = 200) -> HttpResponse:
    shown = _shown(case)
    kind, word = wording.state_words(shown.dispute)  # the list may be a moment behind
    context = {
        "case": case,
        "tenant": with_malls([case])[0][1],
        "kind": kind,
        "word": word,
        "reason": wording.reason(case.reason),
        "shown": shown,
        "give_up_form": form or GiveUpForm(),
        "soon": clock.now() + queries.SOON,
        "tab": "disputes",
    }
    return render(request, "console_disputes/detail.html", context, status=status)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def make(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Make the evidence from the mall's record, and lead on to it."""
    case = _case(public_id)

    def act() -> None:
        operations.make_evidence(case, by=request.actor, now=clock.now())

    if not _is_done(request, act):
        return redirect("console_disputes:detail", public_id)
    return redirect("console_disputes:evidence", public_id)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the evidence to be read and changed; sent, save it. It goes nowhere yet."""
    case = _case(public_id)
    shown = _shown(case)
    form = EvidenceForm(request.POST if request.method == "POST" else None, initial=shown.texts)
    if request.method == "POST" and form.is_valid():

        def act() -> None:
            operations.save_evidence(case, form.cleaned_data, by=request.actor, now=clock.now())

        if _is_done(request, act, _("Saved. It has not been sent.")):
            return redirect("console_disputes:review", public_id)
    context = {"case": case, "shown": shown, "form": form, "tab": "disputes"}
    return render(request, "console_disputes/evidence.html", context, status=422 if form.errors else 200)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the saved evidence as the bank will read it; sent, send it, once."""
    case = _case(public_id)
    shown = _shown(case)
    form = SendForm(request.POST if request.method == "POST" else None, initial={"version": shown.dispute.version})
    if request.method == "POST" and form.is_valid():

        def act() -> None:
            version = form.cleaned_data["version"]
            operations.send_evidence(case, version=version, by=request.actor, now=clock.now())

        _is_done(request, act, _("The evidence is with the bank."))
        return redirect("console_disputes:detail", public_id)
    texts = [(label, shown.texts[name]) for name, label in FIELDS.items() if name in shown.texts]
    context = {"case": case, "shown": shown, "texts": texts, "form": form, "tab": "disputes"}
    return render(request, "console_disputes/review.html", context, status=422 if form.errors else 200)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def download(request: SignedInRequest, public_id: str, ending: str) -> HttpResponse:
    """Give the saved evidence as a PDF to attach, as a text, or as JSON with Stripe's field names."""
    case = _case(public_id)
    shown = _shown(case)
    if not shown.texts:
        raise Http404
    mall = Tenant.objects.get(schema_name=case.tenant_schema).name
    body, kind = documents.FORMS[ending](documents.Pack(shown.dispute, mall, shown.texts))
    name = f"evidence-{shown.dispute.stripe_dispute}.{ending}"
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def give_up(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Accept the loss."""
    case = _case(public_id)
    form = GiveUpForm(request.POST)
    if not form.is_valid():
        return _detail(request, case, form=form, status=422)

    def act() -> None:
        operations.give_up(case, reason=form.cleaned_data["reason"], by=request.actor, now=clock.now())

    _is_done(request, act, _("Given up. The buyer's bank keeps the money."))
    return redirect("console_disputes:detail", public_id)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def look_again(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask Stripe how it stands."""
    case = _case(public_id)
    _is_done(request, lambda: operations.look_again(case, now=clock.now()), _("This is how it stands at Stripe now."))
    return redirect("console_disputes:detail", public_id)


def _case(public_id: str) -> Case:
    found = get_object_or_404(Case, public_id=public_id)
    # Of a mall that was erased only the row in the list is left.
    get_object_or_404(Tenant, schema_name=found.tenant_schema)
    return found


def _shown(case: Case) -> operations.Shown:
    try:
        return operations.shown(case, now=clock.now())
    except UnknownDispute as error:
        raise Http404 from error


def _is_done(request: SignedInRequest, act: Callable[[], None], words: str = "") -> bool:
    """Do it and say so; say why not, and what to do."""
    try:
        act()
    except Busy:
        raise
    except GatewayUnavailable:
        messages.error(
            request, _("Stripe did not answer, so nobody knows yet. Do the same again: nothing is sent twice.")
        )
    except PaymentRefused as refusal:
        said = refusal.data.get("stripe_message") or str(refusal)
        messages.error(request, _("Stripe did not take it: %(said)s") % {"said": said})
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        if words:
            messages.success(request, words)
        return True
    return False
