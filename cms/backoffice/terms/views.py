"""The commission terms: the schedule, and the answer to an offer."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.jurisdictions import wording
from billing.jurisdictions.rules import DISCLAIMER
from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from saas.kernel.errors import DomainError
from storefront.terms import proposals
from tenants.isolation.current import mall

from . import queries
from .queries import OfferRow

MAY_ANSWER = "terms.change_termproposal"
CRUMBS = [
    ("backoffice:money", gettext_lazy("Money")),
    ("backoffice:terms", gettext_lazy("Commission terms")),
]


class DeclineForm(forms.Form):
    """Why an offer is declined."""

    answer = forms.CharField(
        label=gettext_lazy("Why not, or what instead?"),
        help_text=gettext_lazy("The agency reads it."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_safe
@needs("payments.view_payment")
def index(request: HttpRequest) -> HttpResponse:
    """Show what is taken of sales now, what comes, what was, and the offers."""
    return frame.page(
        request,
        "backoffice/terms/index.html",
        _("Commission terms"),
        CRUMBS[:1],
        found=queries.schedule(at=clock.now()),
        place=wording.rows(mall().currency),
        disclaimer=DISCLAIMER,
        may_answer=request.user.has_perm(MAY_ANSWER),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_ANSWER)
def accept(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show the offer once more with what it changes, and confirm it."""
    offer = _offer_or_404(public_id)
    if request.method == "POST":
        try:
            term = proposals.accept(proposal=public_id, by=actor(request), now=clock.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("“%(name)s” is agreed. It holds for later orders.") % {"name": term.name})
        return redirect("backoffice:terms")
    return frame.page(request, "backoffice/terms/accept.html", _("Confirm the offer"), CRUMBS, offer=offer)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_ANSWER)
def decline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask why, and decline."""
    offer = _offer_or_404(public_id)
    form = DeclineForm(frame.posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            proposals.decline(
                proposal=public_id, answer=form.cleaned_data["answer"], by=actor(request), now=clock.now()
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The offer was declined. Nothing has changed."))
        return redirect("backoffice:terms")
    status = 422 if form.errors else 200
    return frame.page(
        request, "backoffice/terms/decline.html", _("Decline the offer"), CRUMBS, offer=offer, form=form, status=status
    )


def _offer_or_404(public_id: str) -> OfferRow:
    offer = queries.offer(public_id)
    if offer is None:
        raise Http404
    return offer
