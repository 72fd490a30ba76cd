"""The agency's own people: the list, a person with roles and history, handing work on, ending an account."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ops_console.mandates import roles
from saas.accounts.confirming import confirmed
from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError

from . import operations, queries
from .forms import AddForm, FilterForm, HandOnForm, RolesForm

PER_PAGE = 50
FORM = "people/form.html"


def _page_of(public_id: str) -> str:
    return reverse("people:person", args=[public_id])


@never_cache
@roles.staff_only(roles.ADMIN)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the agency's people with what they hold."""
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = Paginator(queries.staff(wanted), PER_PAGE).get_page(request.GET.get("page"))
    loads = queries.loads(page.object_list)
    rows = [(person, roles.words(queries.role_names(person)), loads[person.pk]) for person in page.object_list]
    context = {"form": form, "page": page, "rows": rows, "is_filtered": any(wanted.values())}
    return render(request, "people/index.html", context)


@never_cache
@roles.staff_only(roles.ADMIN)
@confirmed()
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest) -> HttpResponse:
    """Let a person work for the agency."""
    form = AddForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = operations.add(
                email=data["email"], name=data["name"], names=data["roles"], by=request.actor, now=clock.now()
            )
        except Busy:
            raise
        except DomainError as refusal:
            _say(form, refusal)
        else:
            messages.success(request, _("%(name)s can sign in now.") % {"name": made.get_full_name()})
            return redirect("people:index")
    context = {"form": form, "title": _("Add a person"), "button": _("Add them"), "back": reverse("people:index")}
    return render(request, FORM, context, status=422 if form.errors else 200)


@never_cache
@roles.staff_only(roles.ADMIN)
@require_safe
def person(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a person: roles, what they hold, what was done about the account."""
    found = _found(public_id)
    held = queries.role_names(found)
    context = {
        "person": found,
        "held": held,
        "load": queries.loads([found])[found.pk],
        "form": RolesForm(initial={"roles": held}),
        "history": queries.history(found),
        "is_oneself": found.pk == request.user.pk,
    }
    return render(request, "people/person.html", context)


@roles.staff_only(roles.ADMIN)
@confirmed(back=_page_of)
@require_POST
def give(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give a person roles; somebody who had left is let back in."""
    found, names = _found(public_id), request.POST.getlist("roles")
    change = operations.give_roles if found.is_active else operations.let_back
    try:
        change(person=public_id, names=names, by=request.actor, now=clock.now())
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Kept. It counts from their next click on."))
    return redirect("people:person", public_id)


@never_cache
@roles.staff_only(roles.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_on(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give a person's work to others."""
    found = _found(public_id)
    words = {"title": _("Hand on the work of %(name)s"), "button": _("Hand it on"), "lead": _("The account stays.")}
    return _pass_work(request, found, operations.hand_on, words)


@never_cache
@roles.staff_only(roles.ADMIN)
@confirmed()
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: SignedInRequest, public_id: str) -> HttpResponse:
    """End an account and give its work to others."""
    lead = _(
        "Nothing is possible for them from the next click on, here and in every mall. What they did stays on record."
    )
    words = {"title": _("End the account of %(name)s"), "button": _("End the account"), "lead": lead}
    return _pass_work(request, _found(public_id), operations.end, words)


def _pass_work(request: SignedInRequest, found: User, how: Any, words: dict[str, str]) -> HttpResponse:
    load = queries.loads([found])[found.pk]
    form = HandOnForm(request.POST if request.method == "POST" else None, person=found, load=load)
    if form.is_valid():
        try:
            moved = how(person=found.public_id, takers=form.takers(), by=request.actor, now=clock.now())
        except Busy:
            raise
        except DomainError as refusal:
            _say(form, refusal)
        else:
            said = ngettext("Done. %(n)d task was handed on.", "Done. %(n)d tasks were handed on.", moved)
            messages.success(request, said % {"n": moved})
            return redirect("people:person", found.public_id)
    context = {**words, "form": form, "load": load, "person": found, "back": _page_of(found.public_id)}
    context["title"] = words["title"] % {"name": found.get_full_name()}
    context["is_end"] = how is operations.end
    return render(request, FORM, context, status=422 if form.errors else 200)


def _found(public_id: str) -> User:
    return get_object_or_404(User.objects.filter(kind=User.Kind.AGENCY), public_id=public_id)


def _say(form: Any, refusal: DomainError) -> None:
    field = str(refusal.data.get("field", ""))
    form.add_error(field if field in form.fields else None, str(refusal))
