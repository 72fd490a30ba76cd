"""The list of refunds, and what the shop decides: the money of used vouchers, and refunds that did not get through."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from saas.ui import tabs
from storefront.refunds import operations, queries, wording
from storefront.refunds.models import Refund

MAY_DECIDE = "orders.change_order"
TABS = [
    ("", gettext_lazy("All")),
    ("open", gettext_lazy("To decide")),
    ("trouble", gettext_lazy("Held up")),
    ("under_way", gettext_lazy("Under way")),
    ("back", gettext_lazy("Paid back")),
    ("declined", gettext_lazy("Declined")),
]


class AnswerForm(forms.Form):
    """What the shop answers."""

    answer = forms.CharField(
        label=gettext_lazy("Your answer"),
        help_text=gettext_lazy("The shopper reads it. To decline you have to say why."),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_safe
@needs("orders.view_order")
def index(request: HttpRequest) -> HttpResponse:
    """List the refunds, newest first, by how far they are."""
    form = frame.SearchForm(request.GET)
    form.is_valid()
    state, words = form.cleaned_data.get("state") or "", (form.cleaned_data.get("q") or "").strip()
    page = frame.paginate(request, queries.matching(state=state, words=words))
    rows = [
        (refund, *wording.BADGES[Refund.State(refund.state)], wording.trouble(refund)) for refund in page.object_list
    ]
    return frame.page(
        request,
        "backoffice/refunds/index.html",
        _("Refunds"),
        [("backoffice:orders", _("Orders"))],
        form=form,
        page=page,
        rows=rows,
        tabs=tabs.by_state(
            TABS,
            path=request.path,
            state=state,
            counts={name: queries.matching(state=name, words="").count() for name in ("open", "trouble")},
        ),
        is_filtered=bool(words),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_DECIDE)
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what the shopper asks for and why; sent, accept or decline."""
    refund = _refund_or_404(public_id)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_decided(request, refund, form):
        return redirect("backoffice:refunds")
    crumbs = [("backoffice:orders", _("Orders")), ("backoffice:refunds", _("Refunds"))]
    return frame.page(
        request, "backoffice/refunds/decide.html", _("A shopper asks for money back"), crumbs, refund=refund, form=form
    )


def _is_decided(request: HttpRequest, refund: Refund, form: AnswerForm) -> bool:
    """Answer as the form says and tell so; what is refused stands on the form."""
    accept = request.POST.get("decision") == "accept"
    answer, by = form.cleaned_data["answer"], actor(request)
    try:
        operations.decide(refund_public_id=refund.public_id, accept=accept, answer=answer, by=by, now=clock.now())
    except Busy:
        raise
    except DomainError as refusal:
        form.add_error("answer", str(refusal))
        return False
    words = _("The money goes back, and the shopper is told.") if accept else _("Declined. The shopper is told.")
    messages.success(request, words)
    return True


@require_POST
@needs(MAY_DECIDE)
def send_again(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send a refund again that did not get through."""
    _refund_or_404(public_id)
    try:
        operations.send_again(refund_public_id=public_id, by=actor(request), now=clock.now())
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The refund is sent again."))
    return redirect("backoffice:refunds")


def _refund_or_404(public_id: str) -> Refund:
    found = Refund.objects.select_related("voucher__line__order").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found
