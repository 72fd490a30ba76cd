"""The people who work in the mall."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cms.backoffice import frame, roles
from cms.backoffice.access import COUNTER, actor, needs
from saas.accounts import queries as accounts
from saas.accounts.models import User
from saas.kernel import clock
from saas.ui.formats import listed
from storefront.stores.models import Store

from . import operations
from .operations import LastOwner, NotStaff

EVERY = "every"
PERMISSION = "accounts.change_user"
CRUMBS = [("backoffice:staff", gettext_lazy("Staff"))]
ROLE_CHOICES = [(role.name, role.label) for role in roles.ROLES]

CLOSING = {
    "lead": gettext_lazy("Close the account of %(name)s?"),
    "text": gettext_lazy("They are signed out at once and cannot sign in. What they did stays in the log."),
    "button": gettext_lazy("Close the account"),
}
REOPENING = {
    "lead": gettext_lazy("Let %(name)s in again?"),
    "text": gettext_lazy(
        "With the role that they had. They sign in by a code to their address, or set a new password."
    ),
    "button": gettext_lazy("Reopen"),
}
CLOSED, REOPENED = gettext_lazy("The account of %(name)s is closed."), gettext_lazy("%(name)s can work here again.")


class RoleForm(forms.Form):
    """Which role."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLE_CHOICES, widget=forms.RadioSelect)


class PersonForm(RoleForm):
    """Which role, and in which stores vouchers are redeemed."""

    store_ids = forms.MultipleChoiceField(
        label=gettext_lazy("Redeems vouchers at"),
        help_text=gettext_lazy("None chosen: in every store, new ones too."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [
            (one.public_id, one.name if one.is_serving else f"{one.name} ({_('closed')})")
            for one in Store.objects.all()
        ]
        self.fields["store_ids"].choices = choices  # type: ignore[attr-defined]


class InviteForm(PersonForm):
    """Who is let in, as what, and where they redeem vouchers: said at once in a mall of several stores, not asked for in a mall of one."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=120, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)

    field_order = ("email", "name", "role", "store_ids")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        stores = self.fields["store_ids"]
        if len(stores.choices) < 2:  # type: ignore[attr-defined]
            del self.fields["store_ids"]
            return
        stores.choices = [(EVERY, _("Every store, new ones too")), *stores.choices]  # type: ignore[attr-defined]
        stores.help_text = _("It can be changed at any time. Editors redeem nothing: choose nothing for them.")

    def clean_store_ids(self) -> list[str] | None:
        """Return the stores; None for every one."""
        chosen: list[str] = self.cleaned_data["store_ids"]
        if EVERY in chosen and len(chosen) > 1:
            raise forms.ValidationError(_("Choose every store, or some of them."))
        return None if EVERY in chosen else chosen


@require_safe
@needs(PERMISSION)
def index(request: HttpRequest) -> HttpResponse:
    """List who works here."""
    people = (
        User.objects.filter(kind=User.Kind.MERCHANT, groups__name__in=roles.BY_NAME)
        .distinct()
        .order_by("-is_active", "name", "email")
    )
    names = dict(Store.objects.values_list("public_id", "name"))
    with_roles = [(person, roles.role_of(person)) for person in people[:200]]
    rows = [
        (person, role, accounts.has_second_factor(person), _counter_of(person, role, names))
        for person, role in with_roles
    ]
    return frame.page(request, "backoffice/staff/index.html", _("Staff"), rows=rows, roles=roles.ROLES)


def _counter_of(person: User, role: roles.Role | None, names: dict[str, str]) -> str:
    """Say where a person redeems vouchers: the stores to which they are bound, every one, or nowhere by their role."""
    if role is None or COUNTER not in role.permissions:
        return "–"
    return listed([names[one] for one in person.store_ids if one in names]) if person.store_ids else _("every store")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
def invite(request: HttpRequest) -> HttpResponse:
    """Let somebody in by e-mail."""
    form = InviteForm(frame.posted(request), initial={"role": roles.CLERK})
    if request.method == "POST" and form.is_valid():
        try:
            person = operations.invite(**form.cleaned_data, by=actor(request), now=clock.now())
        except operations.AlreadyStaff as refusal:
            form.add_error("email", str(refusal))
        except operations.StoresMissing as refusal:
            form.add_error("store_ids", str(refusal))
        else:
            messages.success(request, _("%(name)s was invited by e-mail.") % {"name": person.get_full_name()})
            return redirect("backoffice:staff")
    return frame.page(
        request,
        "backoffice/staff/form.html",
        _("Invite"),
        CRUMBS,
        form=form,
        roles=roles.ROLES,
        wrong_forms=[form],
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change somebody's role and stores."""
    person = get_object_or_404(User, public_id=public_id, kind=User.Kind.MERCHANT)
    role = getattr(roles.role_of(person), "name", roles.CLERK)
    form = PersonForm(frame.posted(request), initial={"role": role, "store_ids": person.store_ids})
    if request.method == "POST" and form.is_valid():
        try:
            operations.change(user_public_id=public_id, **form.cleaned_data, by=actor(request), now=clock.now())
        except (LastOwner, NotStaff) as refusal:
            form.add_error("role", str(refusal))
        else:
            messages.success(request, _("%(name)s was changed.") % {"name": person.get_full_name()})
            return redirect("backoffice:staff")
    return frame.page(
        request,
        "backoffice/staff/form.html",
        person.get_full_name(),
        CRUMBS,
        form=form,
        person=person,
        roles=roles.ROLES,
        wrong_forms=[form],
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
def close(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask, then close somebody's account, or reopen it."""
    person = get_object_or_404(User, public_id=public_id, kind=User.Kind.MERCHANT)
    name = {"name": person.get_full_name()}
    if request.method != "POST":
        question = {key: text % name for key, text in (CLOSING if person.is_active else REOPENING).items()}
        back = reverse("backoffice:staff")
        return frame.page(
            request, "backoffice/confirm.html", name["name"], CRUMBS, back=back, danger=person.is_active, **question
        )
    act = operations.close if person.is_active else operations.reopen
    try:
        act(user_public_id=public_id, by=actor(request), now=clock.now())
    except (LastOwner, NotStaff) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(CLOSED if person.is_active else REOPENED) % name)
    return redirect("backoffice:staff")
