"""Payments that a buyer's bank took back: what happened, what it costs, and what the shop knows about it."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from saas.ui import tabs
from storefront.disputes import evidence, operations, queries, wording
from storefront.disputes.models import Dispute
from storefront.disputes.refusals import UnknownDispute

MAY_SEE, MAY_ANSWER = "orders.view_order", "orders.change_order"
TABS = [
    ("", gettext_lazy("All")),
    ("open", gettext_lazy("Wait for evidence")),
    ("sent", gettext_lazy("With the bank")),
    ("over", gettext_lazy("Over")),
]


class NoteForm(forms.Form):
    """What the shop knows."""

    note = forms.CharField(
        label=gettext_lazy("What you know about this purchase"),
        help_text=gettext_lazy(
            "Who came, when, what they got, what was said. The bank reads it; the record of the vouchers’ use goes along by itself."
        ),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": gettext_lazy("Write what you know about this purchase.")},
    )


@dataclass(frozen=True)
class Row:
    """A dispute in the list."""

    dispute: Dispute
    kind: str
    word: str
    reason: str
    is_urgent: bool


@require_safe
@needs(MAY_SEE)
def index(request: HttpRequest) -> HttpResponse:
    """List the disputes, the next deadline first."""
    form, now = frame.SearchForm(request.GET), clock.now()
    form.is_valid()
    state, words = form.cleaned_data.get("state") or "", (form.cleaned_data.get("q") or "").strip()
    page = frame.paginate(request, queries.matching(state=state, words=words))
    return frame.page(
        request,
        "backoffice/disputes/index.html",
        _("Disputes"),
        [("backoffice:orders", _("Orders"))],
        form=form,
        page=page,
        rows=[_row(one, now=now) for one in page.object_list],
        tabs=tabs.by_state(
            TABS,
            path=request.path,
            state=state,
            counts={"open": queries.matching(state="open", words="").count()},
        ),
        is_filtered=bool(words),
    )


def _row(dispute: Dispute, *, now: datetime) -> Row:
    until = dispute.answer_until_at
    is_urgent = dispute.state == Dispute.State.OPEN and until is not None and (until - now).days < 2
    return Row(dispute, *wording.state_words(dispute), wording.reason(dispute.reason), is_urgent)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_SEE)
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a dispute; sent, keep what the shop knows."""
    dispute, now = _or_404(public_id), clock.now()
    form = NoteForm(frame.posted(request), initial={"note": dispute.note})
    may_answer = request.user.has_perm(MAY_ANSWER) and _takes_note(dispute, at=now)
    if request.method == "POST" and form.is_valid() and _is_noted(request, public_id, form):
        return redirect("backoffice:dispute", public_id)
    kind, word = wording.state_words(dispute)
    return frame.page(
        request,
        "backoffice/disputes/detail.html",
        _("Dispute about order %(number)s") % {"number": dispute.order.number},
        [("backoffice:orders", _("Orders")), ("backoffice:disputes", _("Disputes"))],
        dispute=dispute,
        kind=kind,
        word=word,
        reason=wording.reason(dispute.reason),
        log=evidence.log(dispute),
        cost_minor=queries.merchant_minor(dispute),
        form=form if may_answer else None,
        status=422 if form.errors else 200,
    )


def _takes_note(dispute: Dispute, *, at: datetime) -> bool:
    return dispute.state == Dispute.State.OPEN and dispute.submitting_at is None and not dispute.is_late(at=at)


def _is_noted(request: HttpRequest, public_id: str, form: NoteForm) -> bool:
    """Keep the note and say so; what is refused stands on the form."""
    if not request.user.has_perm(MAY_ANSWER):
        form.add_error("note", _("Your account may not answer disputes."))
        return False
    try:
        operations.add_note(
            dispute_public_id=public_id, note=form.cleaned_data["note"], by=actor(request), now=clock.now()
        )
    except Busy:
        raise
    except DomainError as refusal:
        form.add_error("note", str(refusal))
        return False
    messages.success(request, _("Saved. It goes to the bank with the evidence."))
    return True


def _or_404(public_id: str) -> Dispute:
    try:
        return queries.by_public_id(public_id)
    except UnknownDispute as error:
        raise Http404 from error
