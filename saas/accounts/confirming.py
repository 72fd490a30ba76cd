"""Acts that want the password, or the second factor, once more: a session that was left open must not be enough for them."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.internal.flows import reauthentication
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from .requests import SignedInRequest

View = Callable[..., HttpResponse]


def confirmed(*, back: Callable[..., str] | None = None) -> Callable[[View], View]:
    """
    Let a view answer only to who gave the password or the second factor within `ACCOUNT_REAUTHENTICATION_TIMEOUT` seconds.

    Others are asked for it and come back with a GET: to the view, or to the page whose path `back` makes of the view's arguments,
    with `?confirmed=1`, where they press the button again. Who has neither password nor second factor signs in again. Stands
    behind what checks that somebody is signed in.
    """

    def decorate(view: View) -> View:
        return _asking(view, back)

    return decorate


def _asking(view: View, back: Callable[..., str] | None) -> View:
    @wraps(view)
    def asked(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        has_secret = bool(reauthentication.get_reauthentication_flows(request.user))
        if reauthentication.did_recently_reauthenticate(request) if has_secret else _came_in_lately(request):
            return view(request, *args, **kwargs)
        if not has_secret:
            logout(request)
            messages.info(
                request, _("This wants proof that it is you: sign in once more, then you go on where you were.")
            )
        page = reverse("account_reauthenticate" if has_secret else "account_login")
        then = f"{back(*args, **kwargs)}?confirmed=1" if back else request.get_full_path()
        return HttpResponseRedirect(f"{page}?{urlencode({REDIRECT_FIELD_NAME: then})}")

    return asked


def _came_in_lately(request: SignedInRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT
