"""The agency's roles on the platform: Django groups, and what each may do in the console."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest
from saas.audit import operations as audit
from saas.kernel import clock
from saas.ui.formats import listed
from tenants.entry import mandated

ADMIN, MANAGER, ACCOUNT_MANAGER, OPERATOR = "Admin", "Manager", "Account manager", "Operator"
REVIEWER, CARE, FINANCE, READ_ONLY = "Reviewer", "Care", "Finance", "Read-only"
NAMES = {
    ADMIN: _("Admin"),
    MANAGER: pgettext_lazy("agency", "Manager"),
    ACCOUNT_MANAGER: _("Account manager"),
    OPERATOR: _("Operator"),
    REVIEWER: _("Reviewer"),
    CARE: _("Care"),
    FINANCE: _("Finance"),
    READ_ONLY: _("Read-only"),
}
# Read-only sees what everybody of the agency sees and what MAY_SEE_MONEY sees, and posts nothing: `staff_only` refuses it.
ALL = (ADMIN, MANAGER, ACCOUNT_MANAGER, OPERATOR, REVIEWER, CARE, FINANCE, READ_ONLY)
# Who goes into malls. What they may do there is the mandate's to say, less what ROLE_PERMISSIONS keeps from their role.
MAY_VISIT = (ADMIN, MANAGER, ACCOUNT_MANAGER, OPERATOR, REVIEWER, CARE)
MAY_SUSPEND = (ADMIN, MANAGER, ACCOUNT_MANAGER)
MAY_EXPORT = (ADMIN, MANAGER, ACCOUNT_MANAGER)
# Offers packages and contracts to merchants.
MAY_SELL = (ADMIN, MANAGER, ACCOUNT_MANAGER)
# Says yes, as the second person, to what is above a mandate's limit.
MAY_APPROVE = (ADMIN, MANAGER, ACCOUNT_MANAGER)
# Decides over people, load, margin and what needs a second person.
MAY_MANAGE = (ADMIN, MANAGER)
# What the agency gives out of its own pocket or asks for: commission, prices of packages, promotions.
MAY_PRICE = (ADMIN, MANAGER, FINANCE)
# Merchants' money, statements, terms, archives: those who answer for it, and who looks over their shoulder.
MAY_SEE_MONEY = (ADMIN, MANAGER, ACCOUNT_MANAGER, FINANCE, READ_ONLY)
# What makes or ends a mall: restoring, erasing, freeing a domain.
MAY_ERASE = (ADMIN,)
MAY_REPLAY = (FINANCE, ADMIN)
# Settlement runs, payouts, reconciliation and the books.
MAY_SETTLE = (FINANCE, ADMIN)
# What of a mandate a role uses: a contract that gives more gives it to the others. See `tenants.entry.mandated.KEYS`.
ROLE_KEYS = {
    ADMIN: frozenset(mandated.KEYS),
    MANAGER: frozenset(mandated.KEYS),
    ACCOUNT_MANAGER: frozenset(mandated.KEYS),
    OPERATOR: frozenset(mandated.KEYS) - {"refunds.decide"},
    REVIEWER: frozenset({mandated.LOOK, "orders.view"}),
    CARE: frozenset({mandated.LOOK, "orders.view", "refunds.decide", "members.message", "counter.redeem"}),
}
SAFE = ("GET", "HEAD", "OPTIONS")
# On a request: its sender's roles. On a view: the roles that may look at it.
_ROLES = "_console_roles"
View = Callable[..., HttpResponse]


def has_role(user: User, roles: tuple[str, ...]) -> bool:
    """Tell whether the person works for the agency, is active, and has one of the roles."""
    return bool(user.is_active and user.kind == User.Kind.AGENCY and user.groups.filter(name__in=roles).exists())


def of_request(request: HttpRequest) -> frozenset[str]:
    """Return the names of the roles of who sends a request, read once for it; none for who is not the agency's."""
    found: frozenset[str] | None = getattr(request, _ROLES, None)
    if found is None:
        user = request.user
        counts = isinstance(user, User) and user.is_active and user.kind == User.Kind.AGENCY
        found = frozenset(user.groups.values_list("name", flat=True)) if counts else frozenset()
        setattr(request, _ROLES, found)
    return found


def may_open(request: HttpRequest, path: str) -> bool:
    """Tell whether who sends a request may look at the page of a path; a view that `staff_only` does not guard is everybody's."""
    wanted = guarding(resolve(path.partition("?")[0], getattr(request, "urlconf", None)).func)
    return not wanted or not of_request(request).isdisjoint(wanted)


def guarding(view: View) -> tuple[str, ...]:
    """Return the roles that may look at a view, none for one that `staff_only` does not guard."""
    found: tuple[str, ...] = getattr(view, _ROLES, ())
    return found


def keys_of(user: User) -> frozenset[str]:
    """Return what of a mandate the person's roles use together."""
    found: frozenset[str] = frozenset()
    for name in user.groups.values_list("name", flat=True):
        found |= ROLE_KEYS.get(name, frozenset())
    return found


def holders_of(roles: tuple[str, ...]) -> list[str]:
    """Return the names of the people who have one of the roles."""
    people = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name__in=roles).distinct()
    return [person.get_full_name() for person in people.order_by("name")]


def words(names: Iterable[str]) -> str:
    """Write roles for a reader, in the active language."""
    return listed(NAMES.get(name, name) for name in names)


def ensure_roles() -> None:
    """Make the groups. Repeated it changes nothing."""
    for name in ALL:
        Group.objects.get_or_create(name=name)


def _note_refused(request: SignedInRequest) -> None:
    """Keep that somebody of the agency tried to change what their role does not; a look is no try."""
    if request.method in SAFE or request.user.kind != User.Kind.AGENCY:
        return
    audit.record(
        action="console.refused",
        subject=("user", request.user.public_id),
        summary=f"{request.method} {request.path} → 403",
        by=request.actor,
        now=clock.now(),
    )


def staff_only(*roles: str) -> Callable[[View], View]:
    """
    Let a view answer only to the agency's people, of one of the roles if any is given; tell others who can.

    Who has no role but read-only may look only: anything but GET, HEAD and OPTIONS is refused, whatever the view is.
    """
    wanted = roles or ALL
    writing = tuple(role for role in wanted if role != READ_ONLY)

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            needed = wanted if request.method in SAFE else writing
            if not of_request(request).isdisjoint(needed):
                return view(request, *args, **kwargs)
            _note_refused(request)
            context = {"roles": words(needed), "people": listed(holders_of(needed))}
            return render(request, "mandates/not_yours.html", context, status=403)

        setattr(guarded, _ROLES, wanted)
        return guarded

    return decorate
