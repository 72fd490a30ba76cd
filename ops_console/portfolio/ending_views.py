"""What stands between a mall and its end: what it owes its shoppers, given back or moved with it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ops_console.mandates import roles
from saas.accounts.confirming import confirmed
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from storefront.refunds import owing
from tenants.erasure import operations as erasure
from tenants.isolation.entrance import inside

from .lifecycle_views import redirect_with
from .mall_views import mall_of


def _page(public_id: str) -> str:
    return reverse("portfolio:lifecycle", args=[public_id])


@roles.staff_only(*roles.MAY_ERASE)
@confirmed(back=_page)
@require_POST
def moves(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask for the password; then say, as the second one, that the mall moves with what it owes."""
    try:
        erasure.say_it_moves(tenant=mall_of(public_id), by=request.actor, now=clock.now())
    except DomainError as refusal:
        return redirect_with(request, public_id, refusal)
    messages.success(
        request,
        _(
            "Noted: this mall moves. Keep the archive that you downloaded: you restore the mall from it when it is erased."
        ),
    )
    return redirect(_page(public_id))


@roles.staff_only(*roles.MAY_ERASE)
@confirmed(back=_page)
@require_POST
def give_back(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask for the password; then begin to refund every paid, unused voucher of a mall that ends."""
    tenant = mall_of(public_id)
    try:
        with inside(tenant):
            owing.give_all_back(by=request.actor)
    except DomainError as refusal:
        return redirect_with(request, public_id, refusal)
    messages.success(request, _("The refunds are on their way. This page counts what is left."))
    return redirect(_page(public_id))
