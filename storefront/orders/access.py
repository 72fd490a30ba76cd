"""
Who may see an order: the browser that placed it, its owner signed in, and who followed the link in the mail.

The link carries a signature that holds in this mall only. Following it notes the order in the session and leads on to a clean
address, so that the key is in no history, referrer or screenshot.
"""

import hmac

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.urls import reverse

from tenants.isolation import signing

from .models import Order

_SESSION_KEY = "orders"
_PURPOSE = "orders.open"
# The session remembers so many orders, the latest ones.
_REMEMBERED = 60


def remember(session: SessionBase, order: Order) -> None:
    """Let this browser see the order."""
    known = [one for one in session.get(_SESSION_KEY, []) if one != order.public_id]
    session[_SESSION_KEY] = [*known, order.public_id][-_REMEMBERED:]


def remembered(session: SessionBase) -> list[str]:
    """Return the public ids of the orders that this browser may see."""
    return list(session.get(_SESSION_KEY, []))


def seen_by(request: HttpRequest, public_id: str) -> Order | None:
    """Return the order if the request's person may see it, else None, as for one that does not exist."""
    order = Order.objects.filter(public_id=public_id).first()
    if order is None:
        return None
    is_owner = request.user.is_authenticated and order.shopper_id == request.user.pk
    return order if is_owner or public_id in remembered(request.session) else None


def link_path(order: Order, *, to: str = "") -> str:
    """Return the path that opens the order for whoever has it; `to="return"` leads on to the page after paying."""
    path = reverse("orders:open", args=[order.public_id, _key(order.public_id)])
    return f"{path}?to={to}" if to else path


def opens(public_id: str, key: str) -> bool:
    """Tell whether `key` opens the order."""
    return hmac.compare_digest(_key(public_id).encode(), key.encode())


def _key(public_id: str) -> str:
    return signing.sign(public_id, purpose=_PURPOSE).rpartition(":")[2]
