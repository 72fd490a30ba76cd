"""One journal, and taking it back by two persons."""

from django.contrib import messages
from django.db.models import Case, When
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.ledger import books, corrections
from billing.ledger.models import Correction
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.audit import queries as audit
from saas.kernel import clock
from saas.kernel.errors import DomainError

from .forms import CorrectionForm
from .naming import page_of_rows, with_malls


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def show(request: SignedInRequest, journal_id: str) -> HttpResponse:
    """Show a journal: each transfer, what it is about, who, and whether it was taken back."""
    return _journal_page(request, journal_id, CorrectionForm())


def _journal_page(request: SignedInRequest, journal_id: str, form: CorrectionForm) -> HttpResponse:
    lines = books.journal(journal_id)
    if not lines:
        raise Http404
    asked = Correction.objects.filter(journal_id=journal_id)
    standing = asked.exclude(state=Correction.State.REFUSED).first()
    context = {
        "journal_id": journal_id,
        "lines": lines,
        "first": lines[0],
        "tenant": with_malls(lines[:1])[0][1],
        "details": sorted(lines[0].details.items()),
        "standing": standing,
        "is_mine": standing is not None and standing.asked_by_id == request.user.public_id,
        "may_ask": standing is None
        and (corrections.is_correcting(journal_id) or not any(line.reverses for line in lines)),
        "form": form,
        "trail": audit.of_subject("journal", journal_id),
        "tab": "books",
    }
    return render(request, "finance/journal.html", context, status=422 if form.errors else 200)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_http_methods(["POST"])
def ask(request: SignedInRequest, journal_id: str) -> HttpResponse:
    """Ask that a journal is taken back."""
    form = CorrectionForm(request.POST)
    if form.is_valid():
        try:
            corrections.ask(
                journal_id=journal_id, reason=form.cleaned_data["reason"], by=request.actor, now=clock.now()
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("A second person has to take it back. Nothing is booked until then."))
            return redirect("finance:journal", journal_id)
    return _journal_page(request, journal_id, form)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def decide(request: SignedInRequest, public_id: str, verb: str) -> HttpResponse:
    """Take a journal back as second person, or leave it."""
    found = get_object_or_404(Correction, public_id=public_id)
    act = corrections.make if verb == "make" else corrections.refuse
    try:
        act(correction=public_id, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("finance:journal", found.journal_id)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the corrections, those that wait first."""
    waits = Case(When(state=Correction.State.WAITING, then=0), default=1)
    page = page_of_rows(request, Correction.objects.order_by(waits, "-asked_at", "-pk"))
    return render(request, "finance/corrections.html", {"page": page, "tab": "books"})
