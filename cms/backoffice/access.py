"""Who may open what in the back office, and in which time zone it is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from saas.kernel.actors import Actor
from saas.ui.formats import listed
from tenants.isolation.current import mall

from . import roles

View = Callable[..., HttpResponse]
ADMIN = "wagtailadmin.access_admin"
COUNTER = "vouchers.add_redemption"
# Wagtail's own pages about people, groups and sites: roles, invitations and domains have their rules elsewhere.
CLOSED = ("wagtailusers", "wagtailsites", "wagtailadmin_workflows")


def actor(request: HttpRequest) -> Actor:
    """Return who acts, as the middleware found."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


@contextmanager
def mall_time() -> Iterator[None]:
    """Read and write instants in the mall's time zone."""
    with timezone.override(ZoneInfo(mall().time_zone)):
        yield


def needs(permission: str) -> Callable[[View], View]:
    """Let a view answer only to who has the permission, in the mall's time; tell others who can."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                return refuse(request, permission)
            with mall_time():
                return view(request, *args, **kwargs)

        return checked

    return decorate


def refuse(request: HttpRequest, permission: str) -> HttpResponse:
    """Say who can do it; never an empty page."""
    context = {
        "holders": listed(role.label for role in roles.holders(permission)),
        "header_title": "",
        "breadcrumbs_items": [],
    }
    return render(request, "backoffice/no_permission.html", context, status=403)


def guard(view: View) -> View:
    """
    Stand before all of Wagtail's admin: lead a clerk to the counter, and tell shoppers that this is not for them.

    Wagtail itself sends people without access to the login page, which sends people who are logged in back: a circle. The page's
    language is the request's: one that Wagtail's own page once wrote into the profile is not read.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if request.resolver_match and request.resolver_match.view_name.startswith(CLOSED):
            raise Http404
        if profile := getattr(user, "wagtail_userprofile", None):
            profile.preferred_language = ""
        if user.is_anonymous or user.has_perm(ADMIN):
            return view(request, *args, **kwargs)
        if user.has_perm(COUNTER):
            return redirect("/counter/")
        return render(request, "backoffice/not_staff.html", status=403)

    return guarded
