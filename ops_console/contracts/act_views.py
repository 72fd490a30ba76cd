"""What the agency does with a contract: send, take back, sign, amend, end, hand over."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ops_console.mandates import roles
from saas.accounts.confirming import confirmed
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError

from . import drafting, ending, signing, summary
from .console_forms import AmendForm
from .draft_views import form_page, saved
from .forms import ReasonForm, SignForm
from .signing import Hand
from .views import row_or_404

ACTS = ["GET", "HEAD", "POST"]


@roles.staff_only(*roles.MAY_SELL)
@require_POST
def send(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Send the open draft to the merchant."""
    row_or_404(public_id)
    done = _("Sent. The merchant gets a mail and reads it in the back office.")
    return _act(request, public_id, lambda: signing.send(contract=public_id, by=request.actor, now=clock.now()), done)


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(ACTS)
def withdraw(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take back what is not signed by both."""
    row = row_or_404(public_id)
    form = ReasonForm(request.POST if request.method == "POST" else None, help_text=_("The merchant reads it."))
    now = clock.now()
    if saved(
        form,
        lambda: signing.withdraw(contract=public_id, reason=form.cleaned_data["reason"], by=request.actor, now=now),
    ):
        return redirect("contracts:detail", public_id)
    return form_page(request, form, title=_("Take it back"), row=row, back=_back(public_id), button=_("Take it back"))


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(ACTS)
@confirmed()
def sign(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask for the password, then for the name, and sign for the agency."""
    row = row_or_404(public_id)
    version = row.open_version
    if version is None or version.state != "sent" or "agency" in version.signed_by:
        return redirect("contracts:detail", public_id)
    first = {"text_hash": version.text_hash, "name": request.user.get_full_name()}
    form = SignForm(request.POST if request.method == "POST" else None, initial=first)
    if saved(form, lambda: _sign(request, form, public_id)):
        messages.success(request, _("Signed for the agency."))
        return redirect("contracts:detail", public_id)
    context = {"row": row, "shown": version, "summary": summary.of(row, version), "form": form}
    return render(request, "contracts/sign.html", context, status=422 if form.errors else 200)


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(ACTS)
def amend(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Begin a new version."""
    row = row_or_404(public_id)
    now = clock.now()
    proposed = drafting.day_to_propose(public_id, now=now)
    form = AmendForm(request.POST if request.method == "POST" else None, proposed=proposed)
    if saved(form, lambda: drafting.amend(contract=public_id, effective_on=form.day(), by=request.actor, now=now)):
        return redirect("contracts:detail", public_id)
    return form_page(
        request, form, title=_("New version"), row=row, back=_back(public_id), button=_("Begin the new version")
    )


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(ACTS)
def end(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give notice for the agency."""
    row = row_or_404(public_id)
    day = ending.earliest_end_of(public_id, now=clock.now())
    said = _("The merchant reads it. With the notice it is over on %(day)s; until then all goes on as agreed.")
    said %= {"day": date_format(day, "DATE_FORMAT")}
    form = ReasonForm(request.POST if request.method == "POST" else None, help_text=said)

    def save() -> None:
        ending.give_notice_for_agency(
            contract=public_id,
            person=request.user,
            reason=form.cleaned_data["reason"],
            by=request.actor,
            now=clock.now(),
        )

    if saved(form, save):
        return redirect("contracts:detail", public_id)
    return form_page(request, form, title=_("Give notice"), row=row, back=_back(public_id), button=_("Give notice"))


@never_cache
@roles.staff_only(roles.ADMIN)
@require_http_methods(ACTS)
@confirmed()
def end_now(request: SignedInRequest, public_id: str) -> HttpResponse:
    """End it at once, for a grave reason."""
    row = row_or_404(public_id)
    said = _("Name the grave reason in a sentence. The merchant reads it. The agency's access ends with this.")
    form = ReasonForm(request.POST if request.method == "POST" else None, help_text=said)

    def save() -> None:
        ending.end_for_cause(
            contract=public_id,
            person=request.user,
            reason=form.cleaned_data["reason"],
            by=request.actor,
            now=clock.now(),
        )

    if saved(form, save):
        return redirect("contracts:detail", public_id)
    return form_page(
        request, form, title=_("End it at once"), row=row, back=_back(public_id), button=_("End it at once")
    )


@roles.staff_only(*roles.MAY_SELL, roles.OPERATOR, roles.CARE)
@require_POST
def tick(request: SignedInRequest, public_id: str, key: str) -> HttpResponse:
    """Note a step of the hand-over as done, or as open again."""
    row = row_or_404(public_id)
    if any(step["key"] == key for step in row.steps):
        ending.tick(contract=public_id, key=key, by=request.actor, now=clock.now())
    return redirect("contracts:detail", public_id)


def _sign(request: SignedInRequest, form: SignForm, public_id: str) -> None:
    hand = Hand(
        name=form.cleaned_data["name"],
        email=str(request.user.email),
        text_hash=form.cleaned_data["text_hash"],
        ip=str(request.META.get("REMOTE_ADDR", "")),
        user_agent=request.headers.get("User-Agent", ""),
    )
    signing.countersign(contract=public_id, person=request.user, hand=hand, by=request.actor, now=clock.now())


def _act(request: SignedInRequest, public_id: str, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("contracts:detail", public_id)


def _back(public_id: str) -> str:
    return f"/ops/contracts/{public_id}/"
