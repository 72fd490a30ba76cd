"""The merchant's side of hosting. The rows are the platform's; only the mall's own are ever read."""

from collections.abc import Callable
from datetime import date

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.accounts.confirming import confirmed
from saas.accounts.models import User
from saas.kernel import clock
from saas.kernel.errors import DomainError
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import documents, ending, queries, signing, summary, text
from .forms import ReasonForm, SignForm
from .queries import ContractRow, VersionRow
from .signing import Hand

MAY_SIGN = "terms.change_termproposal"
CRUMBS = [("hosting_contracts:index", gettext_lazy("Hosting"))]


@require_safe
@needs("payments.view_payment")
def index(request: HttpRequest) -> HttpResponse:
    """Show how this mall is hosted: the contract in force, what waits for the merchant, and where to look further."""
    rows = _contracts()
    current = next((row for row in rows if row.is_running), None)
    return frame.page(
        request,
        "hosting/index.html",
        _("Hosting"),
        tab="overview",
        current=current,
        summary=summary.of(current, current.in_force) if current and current.in_force else None,
        waiting=[row for row in rows if row.waits_for_merchant],
        pending=[row for row in rows if row.state == "sent" and not row.waits_for_merchant],
        former=[row for row in rows if not row.is_running and row.state != "sent"],
        may_sign=request.user.has_perm(MAY_SIGN),
    )


@require_safe
@needs("payments.view_payment")
def current(request: HttpRequest) -> HttpResponse:
    """Lead to the contract that waits for the merchant, or runs, or was the last; without one to the overview."""
    rows = sorted(_contracts(), key=lambda row: (not row.waits_for_merchant, not row.is_running))
    return redirect("hosting_contracts:contract", rows[0].public_id) if rows else redirect("hosting_contracts:index")


@never_cache
@require_safe
@needs("payments.view_payment")
def contract(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a contract: in short, word for word, who signed, what can be done."""
    row = _or_404(public_id)
    shown = _version_or_404(row, request.GET.get("version", ""))
    former = row.before(shown)
    return frame.page(
        request,
        "hosting/contract.html",
        f"{row.number} · {row.title}",
        CRUMBS,
        tab="contract",
        row=row,
        shown=shown,
        summary=summary.of(row, shown),
        blocks=text.blocks(shown.text),
        former=former,
        changes=[one for one in text.changes(former.text, shown.text) if one.kind != "same"] if former else [],
        may_sign=request.user.has_perm(MAY_SIGN),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_SIGN)
@confirmed()
def sign(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for the password, then for the name, and sign."""
    row = _or_404(public_id)
    version = next((one for one in row.versions if one.waits_for_merchant), None)
    if version is None:
        return redirect("hosting_contracts:contract", public_id)
    form, schema = SignForm(frame.posted(request), initial={"text_hash": version.text_hash}), mall().schema_name
    if form.is_valid() and _acted(form, lambda: _sign(request, form, public_id, schema)):
        messages.success(
            request, _("Signed. The agency signs next, or has; you get the text with both signatures by mail.")
        )
        return redirect("hosting_contracts:contract", public_id)
    context = {"row": row, "version": version, "summary": summary.of(row, version), "form": form, "wrong_forms": [form]}
    status = 422 if form.errors else 200
    return frame.page(request, "hosting/sign.html", _("Sign"), CRUMBS, tab="contract", status=status, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_SIGN)
def decline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask why, and say no."""
    row = _or_404(public_id)
    form = ReasonForm(frame.posted(request), help_text=_("The agency reads it, so that the next offer fits."))
    schema, by = mall().schema_name, actor(request)
    if form.is_valid() and _acted(
        form,
        lambda: signing.decline(
            contract=public_id, schema=schema, reason=form.cleaned_data["reason"], by=by, now=clock.now()
        ),
    ):
        messages.success(request, _("Declined. Nothing has begun."))
        return redirect("hosting_contracts:index")
    lead = (
        _("Decline what is offered? A contract that runs goes on as it was.")
        if row.is_running
        else _("Decline this contract?")
    )
    return _ask(request, row, form, title=_("Decline"), lead=lead, button=_("Decline"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_SIGN)
@confirmed()
def end(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say when it would be over, ask for the password and why, and give notice."""
    row = _or_404(public_id)
    if not row.is_running:
        return redirect("hosting_contracts:contract", public_id)
    form = ReasonForm(frame.posted(request), help_text=_("If you like. The agency reads it."), is_required=False)
    schema, by = mall().schema_name, actor(request)
    if form.is_valid() and _acted(
        form,
        lambda: ending.give_notice(
            contract=public_id, schema=schema, reason=form.cleaned_data["reason"], by=by, now=clock.now()
        ),
    ):
        return redirect("hosting_contracts:contract", public_id)
    day = _earliest_end(public_id)
    return _ask(request, row, form, title=_("End the contract"), lead=_("End “%(title)s”?") % {"title": row.title},
                button=_("Give notice"), day=day)  # fmt: skip


@require_safe
@needs("payments.view_payment")
def pdf(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """Answer with a version as a file."""
    row = _or_404(public_id)
    version = _version_or_404(row, str(number))
    response = HttpResponse(documents.as_pdf(row, version), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{documents.file_name(row, version)}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _sign(request: HttpRequest, form: forms.Form, public_id: str, schema: str) -> None:
    person = request.user
    hand = Hand(
        name=form.cleaned_data["name"],
        email=str(person.email) if isinstance(person, User) else "",
        text_hash=form.cleaned_data["text_hash"],
        ip=str(request.META.get("REMOTE_ADDR", "")),
        user_agent=request.headers.get("User-Agent", ""),
    )
    signing.sign(contract=public_id, schema=schema, hand=hand, by=actor(request), now=clock.now())


def _contracts() -> list[ContractRow]:
    schema = mall().schema_name
    with on_platform():
        return queries.of_mall(schema, now=clock.now())


def _or_404(public_id: str) -> ContractRow:
    row = next((one for one in _contracts() if one.public_id == public_id), None)
    if row is None:
        raise Http404
    return row


def _version_or_404(row: ContractRow, number: str) -> VersionRow:
    """Return a version by its number; without one what waits for an answer, else what is in force, else the newest."""
    if number:
        found = next((one for one in row.versions if str(one.number) == number), None)
    else:
        found = row.open_version or row.in_force or row.versions[0]
    if found is None:
        raise Http404
    return found


def _earliest_end(public_id: str) -> date:
    with on_platform():
        return ending.earliest_end_of(public_id, now=clock.now())


def _acted(form: forms.Form, act: Callable[[], object]) -> bool:
    """Act on the platform; a refusal stands at its field, or above the form."""
    try:
        with on_platform():
            act()
    except DomainError as refusal:
        field = str(refusal.data.get("field", ""))
        form.add_error(field if field in form.fields else None, str(refusal))
        return False
    return True


def _ask(
    request: HttpRequest, row: ContractRow, form: forms.Form, *, title: str, lead: str, **words: object
) -> HttpResponse:
    context = {"row": row, "form": form, "wrong_forms": [form], "lead": lead, "tab": "contract", **words}
    return frame.page(request, "hosting/ask.html", title, CRUMBS, status=422 if form.errors else 200, **context)
