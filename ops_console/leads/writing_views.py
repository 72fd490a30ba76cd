"""Writing in the pipeline: each view reads a form and makes one call."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from tenants.registry.models import Tenant
from tenants.signup import queries as signup

from . import opening, operations
from .forms import ChooseMallForm, ContactForm, EntryForm, LeadForm, LoseForm, MallForm, MoveForm, PlanForm
from .models import Contact, Lead
from .operations import MAY_WORK
from .views import page_of

_ASKED = ["GET", "HEAD", "POST"]


def _lead(public_id: str) -> Lead:
    return get_object_or_404(Lead.objects.select_related("owner", "tenant"), public_id=public_id)


def _posted(request: SignedInRequest) -> Any:
    return request.POST if request.method == "POST" else None


@never_cache
@roles.staff_only(*MAY_WORK)
@require_http_methods(_ASKED)
def add(request: SignedInRequest) -> HttpResponse:
    """Put a business into the pipeline; with `?mall=` one that has a mall."""
    tenant = Tenant.objects.filter(public_id=request.GET.get("mall", "")[:26], lead=None).first()
    first = {"owner": request.user.public_id}
    if tenant is not None:
        first |= {"name": tenant.name, "trade": tenant.trade, "currency": tenant.currency}
    form = LeadForm(_posted(request), initial=first)

    def save() -> Lead:
        return operations.add(draft=form.draft(), tenant=tenant, by=request.actor, now=clock.now())

    return _form_page(request, form, save, _("New lead"))


@never_cache
@roles.staff_only(*MAY_WORK)
@require_http_methods(_ASKED)
def edit(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change what is known of a business."""
    lead = _lead(public_id)
    form = LeadForm(_posted(request), lead=lead)

    def save() -> Lead:
        version = form.cleaned_data["version"]
        return operations.change(lead=public_id, draft=form.draft(), version=version, by=request.actor, now=clock.now())

    return _form_page(request, form, save, lead.name, lead)


@never_cache
@roles.staff_only(*MAY_WORK)
@require_http_methods(_ASKED)
def contact_add(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Add a person at the business."""
    lead, form = _lead(public_id), ContactForm(_posted(request))

    def save() -> Lead:
        operations.add_contact(lead=public_id, draft=form.draft(), by=request.actor, now=clock.now())
        return lead

    return _form_page(request, form, save, _("New contact"), lead)


@never_cache
@roles.staff_only(*MAY_WORK)
@require_http_methods(_ASKED)
def contact(request: SignedInRequest, public_id: str, contact: str) -> HttpResponse:
    """Change a person at the business."""
    lead = _lead(public_id)
    found = get_object_or_404(Contact, lead=lead, public_id=contact)
    known = {name: getattr(found, name) for name in ("name", "role", "phone", "email", "note")}
    form = ContactForm(_posted(request), initial=known)

    def save() -> Lead:
        operations.change_contact(contact=contact, draft=form.draft(), by=request.actor, now=clock.now())
        return lead

    return _form_page(request, form, save, found.name, lead)


@roles.staff_only(*MAY_WORK)
@require_POST
def contact_remove(request: SignedInRequest, public_id: str, contact: str) -> HttpResponse:
    """Forget a person at the business."""
    get_object_or_404(Contact, lead__public_id=public_id, public_id=contact)
    operations.remove_contact(contact=contact, by=request.actor, now=clock.now())
    messages.success(request, _("The contact is forgotten."))
    return redirect("leads:detail", public_id)


def _form_page(
    request: SignedInRequest, form: forms.Form, save: Callable[[], Lead], title: str, lead: Lead | None = None
) -> HttpResponse:
    """Show a form on a page of its own, or save it and lead to the lead; a refusal stands above it."""
    if form.is_valid():
        try:
            saved = save()
        except Busy:
            raise
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("leads:detail", saved.public_id)
    context = {"form": form, "title": title, "lead": lead}
    return render(request, "leads/form.html", context, status=422 if form.errors else 200)


@roles.staff_only(*MAY_WORK)
@require_POST
def note(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Keep a visit, a call or a note."""
    lead, now = _lead(public_id), clock.now()
    form = EntryForm(request.POST, today=operations.days_now(now)[1])

    def act() -> None:
        operations.note(lead=public_id, draft=form.draft(), by=request.actor, now=now)

    return _act(request, lead, form, act, name="entry_form")


@roles.staff_only(*MAY_WORK)
@require_POST
def plan(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say what is next, and when."""
    lead, form = _lead(public_id), PlanForm(request.POST)

    def act() -> None:
        operations.plan(lead=public_id, **form.cleaned_data, today=operations.days_now(clock.now())[0])

    return _act(request, lead, form, act, name="plan_form")


@roles.staff_only(*MAY_WORK)
@require_POST
def step_done(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Tick the next step off."""
    operations.finish_step(lead=_lead(public_id).public_id, by=request.actor, now=clock.now())
    messages.success(request, _("Done. Plan what is next, so that the lead is not forgotten."))
    return redirect("leads:detail", public_id)


@roles.staff_only(*MAY_WORK)
@require_POST
def move(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Move a lead to another stage."""
    lead = _lead(public_id)
    form = MoveForm(request.POST, lead=lead)

    def act() -> None:
        operations.move(lead=public_id, stage=form.cleaned_data["stage"], by=request.actor, now=clock.now())

    return _act(request, lead, form, act, name="move_form")


@roles.staff_only(*MAY_WORK)
@require_POST
def lose(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give a lead up, for a reason."""
    lead, form = _lead(public_id), LoseForm(request.POST)

    def act() -> None:
        operations.lose(lead=public_id, reason=form.cleaned_data["reason"], by=request.actor, now=clock.now())

    return _act(request, lead, form, act, name="lose_form")


def _act(request: SignedInRequest, lead: Lead, form: forms.Form, act: Callable[[], None], *, name: str) -> HttpResponse:
    """Do it and lead back to the lead; refused, show the lead's page with why at the form `name`."""
    if form.is_valid():
        try:
            act()
        except Busy:
            raise
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("leads:detail", lead.public_id)
    return page_of(request, lead, status=422, **{name: form})


@never_cache
@roles.staff_only(*MAY_WORK)
@require_http_methods(_ASKED)
def open_mall(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Open a mall for the lead."""
    lead = _lead(public_id)
    if lead.tenant is not None:
        return redirect("portfolio:mall", lead.tenant.public_id)
    form = MallForm(_posted(request), lead=lead)

    def save() -> Lead:
        opening.open_for(lead=lead, draft=form.draft(), by=request.actor, now=clock.now())
        messages.success(request, _("The mall is open, and its owner gets a mail. Write the quote next."))
        return lead

    return _form_page(request, form, save, _("Open a mall for %(name)s") % {"name": lead.name}, lead)


@never_cache
@roles.staff_only(*MAY_WORK)
@require_http_methods(_ASKED)
def choose_mall(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say which mall the business has already."""
    lead, form = _lead(public_id), ChooseMallForm(_posted(request))

    def save() -> Lead:
        tenant = signup.mall_by_address(form.cleaned_data["slug"])
        if tenant is None:
            raise operations.LeadRefused(_("There is no mall of this address."))
        operations.give_mall(lead=public_id, tenant=tenant, by=request.actor, now=clock.now())
        return lead

    return _form_page(request, form, save, _("The mall of %(name)s") % {"name": lead.name}, lead)
