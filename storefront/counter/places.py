"""The store that a browser's counter stands in, remembered in the session; one in which who is signed in redeems (V8)."""

from django.http import HttpRequest

from saas.accounts.models import User
from storefront.stores.models import Store

from .access import StaffRequest

_SESSION_KEY = "counter_store"


def offered(staff: User) -> list[Store]:
    """Return the stores that serve people and in which the person redeems vouchers: all, unless the owner bound them to some (V8)."""
    return list(Store.objects.serving().of_staff(staff.store_ids))


def store_of(request: StaffRequest) -> Store | None:
    """Return the remembered store while the person redeems in it, or their only one; None when staff have to choose."""
    serving = offered(request.user)
    chosen = request.session.get(_SESSION_KEY)
    known = next((store for store in serving if store.public_id == chosen), None)
    return known or (serving[0] if len(serving) == 1 else None)


def remember(request: HttpRequest, store: Store) -> None:
    """Put the browser's counter into a store."""
    request.session[_SESSION_KEY] = store.public_id
