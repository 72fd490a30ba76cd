"""Acts that want a person who has just proved to be that person."""

import time
from functools import wraps
from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, get_reauthentication_flows
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from . import frame
from .access import View


def signed_in_lately(view: View) -> View:
    """
    Let a view answer who has proved again, within the last minutes, to be the person who signed in; lead others to where one does.

    With a password or a second factor that is asked; who has neither, and came in by a code, signs in anew.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if get_reauthentication_flows(request.user):
            if did_recently_reauthenticate(request):
                return view(request, *args, **kwargs)
            return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.path})}")
        if _signed_in_ago(request) < app_settings.REAUTHENTICATION_TIMEOUT:
            return view(request, *args, **kwargs)
        return frame.page(request, "backoffice/sign_in_again.html", _("Sign in again"), status=403)

    return checked


def _signed_in_ago(request: HttpRequest) -> float:
    """Return seconds since the sign-in."""
    records = get_authentication_records(request, request.user)
    return time.time() - max((record.get("at", 0) for record in records), default=0)
