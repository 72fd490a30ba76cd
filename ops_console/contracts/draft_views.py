"""The console's pages before a contract is sent: quotes, and the draft's dates, clauses, prices and limits."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ops_console.mandates import roles
from ops_console.work import cadence
from ops_console.work.clauses import Clause, from_json
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock, money
from saas.kernel.errors import DomainError
from tenants.registry.models import Tenant

from . import drafting, quoting, text, words
from .clause_forms import ClauseForm
from .console_forms import CommissionForm, PricesForm, QuoteForm, TermsForm, VersionForm
from .drafting import VersionDraft
from .models import Contract, Quote
from .queries import ContractRow, VersionRow
from .views import row_or_404

ACTS = ["GET", "HEAD", "POST"]
CHANGED = gettext_lazy("Somebody else changed this draft since you opened it. Look through it, then save once more.")


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(ACTS)
def new_quote(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Write a quote for a mall."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    form = QuoteForm(_posted(request), currency=tenant.currency, language=tenant.language)
    made: list[Quote] = []

    def save() -> None:
        data = form.cleaned_data
        prices = list(dict.fromkeys([*quoting.prices_of_package(data["package"]), *data["prices"]]))
        copied = {name: data[name] for name in ("title", "language", "own", "minimum_months", "notice_days", "package")}
        made.append(
            quoting.make(quoting.QuoteDraft(tenant=tenant, prices=prices, **copied), by=request.actor, now=clock.now())
        )

    if saved(form, save):
        return redirect("contracts:quote_detail", made[0].public_id)
    context = {
        "title": _("A quote for %(mall)s") % {"mall": tenant.name},
        "back": "/ops/contracts/",
        "button": _("Make the quote"),
    }
    return form_page(request, form, **context)


@never_cache
@roles.staff_only()
@require_http_methods(ACTS)
def quote(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a quote, and make a contract out of it."""
    found = get_object_or_404(Quote.objects.select_related("tenant"), public_id=public_id)
    may_sell = roles.has_role(request.user, roles.MAY_SELL)
    if found.tenant is None or (request.method == "POST" and not may_sell):
        raise Http404
    form, tenant = CommissionForm(_posted(request), initial=_first_terms(found, request)), found.tenant
    made: list[Contract] = []

    def save() -> None:
        data = form.cleaned_data
        commission = drafting.Commission(
            tenant, data["account_manager"], data["pays_by"], form.terms(), data["operator"]
        )
        made.append(drafting.draft(quote=public_id, commission=commission, by=request.actor, now=clock.now()))

    if saved(form, save):
        return redirect("contracts:detail", made[0].public_id)
    language, today = words.language_of(found.language), cadence.today(tenant.time_zone, now=clock.now())
    clauses = [from_json(one) for one in found.clauses]
    context = {
        "quote": found,
        "form": form,
        "lines": text.price_lines(found.lines, text.since([(today, found.lines)]), found.currency, language),
        "clauses": [(one, words.when(one.rrule, one.holidays, language)) for one in clauses],
        "may_sell": may_sell and found.state != Quote.State.DROPPED,
    }
    return render(request, "contracts/quote.html", context, status=422 if form.errors else 200)


@roles.staff_only(*roles.MAY_SELL)
@require_POST
def drop_quote(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Put a quote aside."""
    get_object_or_404(Quote, public_id=public_id)
    quoting.drop(quote=public_id, by=request.actor, now=clock.now())
    return redirect("contracts:index")


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(ACTS)
def dates(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give a contract that was not sent other dates."""
    row, _version = _drafted(public_id)
    copied = ("starts_on", "ends_on", "minimum_months", "notice_days")
    form = TermsForm(_posted(request), initial={name: getattr(row, name) for name in copied})
    if saved(
        form, lambda: drafting.reschedule(contract=public_id, terms=form.terms(), by=request.actor, now=clock.now())
    ):
        return redirect("contracts:detail", public_id)
    return _draft_page(request, row, form, _("Dates"))


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(ACTS)
def limits(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change what nobody does alone, and of an amendment its day and note."""
    row, version = _drafted(public_id)
    first = {
        "effective_on": version.effective_on,
        "note": version.note,
        "refund": money.to_major(int(version.limits.get("refund_minor", 0)), row.currency),
        "refund_day": money.to_major(int(version.limits["refund_day_minor"]), row.currency)
        if "refund_day_minor" in version.limits
        else None,
        **{name: version.limits.get(name, 0) for name in ("price_cut_percent", "coupon_uses")},
    }
    form = VersionForm(_posted(request), currency=row.currency, is_amendment=version.number > 1, initial=first)

    def save() -> None:
        data = form.cleaned_data
        changed = {"effective_on": data["effective_on"], "note": data["note"]} if version.number > 1 else {}
        _change(request, public_id, replace(_draft_of(version), limits=form.limits(), **changed))

    if _saved_as_seen(request, form, version, save):
        return redirect("contracts:detail", public_id)
    return _draft_page(request, row, form, _("Limits") if version.number == 1 else _("Day, reason and limits"))


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(ACTS)
def prices(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change what it costs."""
    row, version = _drafted(public_id)
    if _is_changed(request, version):  # amounts are typed line by line, and the lines may be others now
        messages.error(request, str(CHANGED))
        return redirect(request.path)
    charged = drafting.charged_once(get_object_or_404(Contract, public_id=public_id), before=version.number)
    form = PricesForm(_posted(request), lines=version.prices, currency=row.currency, charged=charged)
    if saved(form, lambda: _change(request, public_id, replace(_draft_of(version), prices=form.prices()))):
        return redirect("contracts:detail", public_id)
    return _draft_page(request, row, form, _("Prices"))


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(ACTS)
def clause(request: SignedInRequest, public_id: str, number: str) -> HttpResponse:
    """Change a promise of the draft, or add one (number "new")."""
    row, version = _drafted(public_id)
    found = _clause_of(version, number)
    form = ClauseForm(_posted(request), clause=found, currency=row.currency)

    def save() -> None:
        changed, draft = replace(found, **form.changes()), _draft_of(version)
        kept = [changed if one.number == found.number else one for one in draft.clauses]
        _change(request, public_id, replace(draft, clauses=kept if number != "new" else [*kept, changed]))

    if _saved_as_seen(request, form, version, save):
        return redirect("contracts:detail", public_id)
    title = _("Clause %(number)s") % {"number": number} if number != "new" else _("New clause")
    return _draft_page(request, row, form, title)


@roles.staff_only(*roles.MAY_SELL)
@require_POST
def remove_clause(request: SignedInRequest, public_id: str, number: str) -> HttpResponse:
    """Take a promise out of the draft: the one of this number and title, since another may have got the number meanwhile."""
    _row, version = _drafted(public_id)
    draft = _draft_of(version)
    titles = [one.title for one in draft.clauses if one.number == number]
    if request.POST.get("title", "") not in ("", *titles):
        messages.error(request, str(CHANGED))
        return redirect("contracts:detail", public_id)
    try:
        _change(request, public_id, replace(draft, clauses=[one for one in draft.clauses if one.number != number]))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("contracts:detail", public_id)


@roles.staff_only(*roles.MAY_SELL)
@require_safe
def preview(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the draft's text as it would be sent."""
    row, version = _drafted(public_id)
    contract = Contract.objects.select_related("tenant").get(public_id=public_id)
    said = text.write(contract, contract.versions.get(number=version.number), answer_until=version.effective_on)
    return render(request, "contracts/preview.html", {"row": row, "shown": version, "blocks": text.blocks(said)})


def saved(form: forms.Form, save: Callable[[], object]) -> bool:
    """Save a valid form and tell whether that was done; a refusal stands at its field, or above the form."""
    if not form.is_valid():
        return False
    try:
        save()
    except DomainError as refusal:
        field = str(refusal.data.get("field", ""))
        form.add_error(field if field in form.fields else None, str(refusal))
        return False
    return True


def form_page(request: SignedInRequest, form: forms.Form, **context: object) -> HttpResponse:
    """Answer with a form: title, back (path), button, and what else its template takes."""
    return render(request, "contracts/form.html", {"form": form, **context}, status=422 if form.errors else 200)


def _draft_page(request: SignedInRequest, row: ContractRow, form: forms.Form, title: str) -> HttpResponse:
    seen = _seen(row.open_version) if row.open_version else ""
    back = f"/ops/contracts/{row.public_id}/"
    return form_page(request, form, title=title, row=row, back=back, button=_("Save"), seen=seen)


def _drafted(public_id: str) -> tuple[ContractRow, VersionRow]:
    row = row_or_404(public_id)
    version = row.open_version
    if version is None or version.state != "draft":
        raise Http404
    return row, version


def _seen(version: VersionRow) -> str:
    """Return what a form of the draft was made from: it changes when anybody saves another part of it."""
    said = [version.clauses, version.prices, version.limits, f"{version.effective_on}", version.note]
    return text.hash_of(json.dumps(said, sort_keys=True))


def _is_changed(request: SignedInRequest, version: VersionRow) -> bool:
    """Tell whether the draft is another one than the form that was sent was made from."""
    return request.method == "POST" and request.POST.get("seen", "") not in ("", _seen(version))


def _saved_as_seen(request: SignedInRequest, form: forms.Form, version: VersionRow, save: Callable[[], object]) -> bool:
    """Save as `saved` does, but not over what somebody else has saved meanwhile; what was typed stays in the form."""
    if not _is_changed(request, version):
        return saved(form, save)
    if form.is_valid():
        form.add_error(None, str(CHANGED))
    return False


def _draft_of(version: VersionRow) -> VersionDraft:
    clauses = [from_json(one) for one in version.clauses]
    return VersionDraft(clauses, version.prices, version.limits, version.effective_on, version.note)


def _change(request: SignedInRequest, public_id: str, version: VersionDraft) -> None:
    drafting.change(contract=public_id, version=version, by=request.actor, now=clock.now())


def _clause_of(version: VersionRow, number: str) -> Clause:
    clauses = [from_json(one) for one in version.clauses]
    if number == "new":
        last = max((int(one.number.partition(".")[2] or 0) for one in clauses), default=0)
        module, name = (clauses[-1].module, clauses[-1].module_name) if clauses else ("", pgettext("module", "Agreed"))
        return Clause(
            number=f"2.{last + 1}", module=module, module_name=name,
            template="own", title="", rrule="FREQ=WEEKLY;BYDAY=MO", evidence=("text",),
        )  # fmt: skip
    found = next((one for one in clauses if one.number == number), None)
    if found is None:
        raise Http404
    return found


def _first_terms(found: Quote, request: SignedInRequest) -> dict[str, Any]:
    tenant = found.tenant
    today = cadence.today(tenant.time_zone if tenant else "UTC", now=clock.now())
    return {
        "starts_on": today + timedelta(days=7),
        "minimum_months": found.minimum_months,
        "notice_days": found.notice_days,
        "account_manager": request.user.pk,
    }


def _posted(request: SignedInRequest) -> Any:
    return request.POST if request.method == "POST" else None
