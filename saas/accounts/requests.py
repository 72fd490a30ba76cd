"""What our middleware puts on a request, for type checkers and readers."""

from typing import Any

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from saas.kernel.actors import Actor

from .models import User


class Request(HttpRequest):
    """
    A request as views get it: `actor` acts in it, `htmx` tells whether htmx asked.

    `tenant` is the mall's tenant, None on the platform; `agency_visit` is the visit that an agency's person is on, or None,
    and `standing` what the platform says of it.
    """

    actor: Actor
    htmx: HtmxDetails
    tenant: Any
    agency_visit: Any
    standing: Any
    urlconf: str


class SignedInRequest(Request):
    """A request whose sender has signed in, where a decorator has seen to it."""

    user: User
