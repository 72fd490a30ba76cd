"""The store that a browser's counter stands in, remembered in the session."""

from django.http import HttpRequest

from storefront.stores.models import Store

_SESSION_KEY = "counter_store"


def store_of(request: HttpRequest) -> Store | None:
    """Return the remembered store while it serves people, or the mall's only one; None when staff have to choose."""
    serving = list(Store.objects.serving())
    chosen = request.session.get(_SESSION_KEY)
    known = next((store for store in serving if store.public_id == chosen), None)
    return known or (serving[0] if len(serving) == 1 else None)


def remember(request: HttpRequest, store: Store) -> None:
    """Put the browser's counter into a store."""
    request.session[_SESSION_KEY] = store.public_id
