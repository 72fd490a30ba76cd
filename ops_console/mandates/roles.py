"""The agency's roles on the platform: Django groups, and what each may do in the console."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.shortcuts import render

from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest

ACCOUNT_MANAGER, FINANCE, ADMIN = "Account manager", "Finance", "Admin"
ALL = (ACCOUNT_MANAGER, FINANCE, ADMIN)
MAY_VISIT = (ACCOUNT_MANAGER, ADMIN)
MAY_SUSPEND = (ACCOUNT_MANAGER, ADMIN)
MAY_EXPORT = (ACCOUNT_MANAGER, ADMIN)
# What makes or ends a mall: restoring, erasing, freeing a domain.
MAY_ERASE = (ADMIN,)
MAY_REPLAY = (FINANCE, ADMIN)
# Settlement runs, payouts, reconciliation and the books.
MAY_SETTLE = (FINANCE, ADMIN)
View = Callable[..., HttpResponse]


def has_role(user: User, roles: tuple[str, ...]) -> bool:
    """Tell whether the person works for the agency, is active, and has one of the roles."""
    return bool(user.is_active and user.kind == User.Kind.AGENCY and user.groups.filter(name__in=roles).exists())


def holders_of(roles: tuple[str, ...]) -> list[str]:
    """Return the names of the people who have one of the roles."""
    people = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name__in=roles).distinct()
    return [person.get_full_name() for person in people.order_by("name")]


def ensure_roles() -> None:
    """Make the groups. Repeated it changes nothing."""
    for name in ALL:
        Group.objects.get_or_create(name=name)


def staff_only(*roles: str) -> Callable[[View], View]:
    """Let a view answer only to the agency's people, of one of the roles if any is given; tell others who can."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if has_role(request.user, roles or ALL):
                return view(request, *args, **kwargs)
            context = {"roles": roles or ALL, "people": holders_of(roles or ALL)}
            return render(request, "mandates/not_yours.html", context, status=403)

        return guarded

    return decorate
