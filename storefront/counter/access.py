"""Who may stand at the counter."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from saas.accounts.models import User
from saas.kernel.actors import Actor


class StaffRequest(HttpRequest):
    """A request that `staff_only` let through: somebody is signed in."""

    user: User
    actor: Actor


View = Callable[..., HttpResponse]
MAY_REDEEM = "vouchers.add_redemption"
MAY_UNDO = "vouchers.change_redemption"


def staff_only(permission: str = MAY_REDEEM) -> Callable[[View], View]:
    """Let people with the permission in; others sign in, or are told who can help."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/counter/")
            if not request.user.has_perm(permission):
                return render(request, "counter/not_allowed.html", {"is_undo": permission == MAY_UNDO}, status=403)
            response = view(request, *args, **kwargs)
            response.headers["Cache-Control"] = "no-store"
            return response

        return guarded

    return wrap
