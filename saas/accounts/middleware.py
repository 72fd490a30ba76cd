"""Who acts in this request."""

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from saas.kernel.actors import GUEST, Actor

from .models import User
from .requests import Request


def actor_for(user: User) -> Actor:
    """Return the person as an actor of the schema that the account lives in."""
    return Actor(kind=user.kind, name=user.get_full_name(), public_id=user.public_id)


class ActorMiddleware:
    """Sets `request.actor` (an `Actor`), looked up when first read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.actor = cast(
            "Actor", SimpleLazyObject(lambda: actor_for(request.user) if request.user.is_authenticated else GUEST)
        )
        return self.get_response(request)
