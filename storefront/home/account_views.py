"""The shopper's own page: what they bought, and what guests bought with an address that is theirs."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from saas.accounts.confirming import confirmed
from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from storefront.mailings import queries as mailings
from storefront.orders import operations as order_operations
from storefront.orders import queries as orders
from storefront.shoppers import queries as shoppers
from storefront.vouchers import queries as vouchers
from storefront.vouchers import words

from . import leaving, own_data


@require_safe
@never_cache
@login_required
def home(request: SignedInRequest) -> HttpResponse:
    """Show the shopper's vouchers that can be used, orders, and what may be claimed."""
    now, user = clock.now(), request.user
    proved = shoppers.contacts(user)
    tickets = [ticket for ticket in vouchers.of_shopper(user, now=now) if ticket.is_usable]
    context = {
        "person": user.get_full_name(),
        "contact": user.email or str(user.phone or ""),
        "rows": words.rows(tickets, now=now),
        "orders": orders.of_shopper(user, at=now),
        "unclaimed": orders.unclaimed(emails=proved.emails, phones=proved.phones).count(),
        "wants_news": mailings.wants_news(user),
        "is_staff": user.is_staff or user.kind == User.Kind.MERCHANT,
    }
    return render(request, "home/account.html", context)


@require_POST
@login_required
def claim(request: SignedInRequest) -> HttpResponse:
    """Add what was bought as a guest to the account, by the addresses and numbers that the shopper has proved to own."""
    user = request.user
    proved = shoppers.contacts(user)
    claimed = order_operations.claim(
        shopper=user, emails=proved.emails, phones=proved.phones, by=request.actor, now=clock.now()
    )
    text = ngettext(
        "%(count)d order is in your account now.", "%(count)d orders are in your account now.", len(claimed)
    )
    messages.success(request, text % {"count": len(claimed)})
    return redirect("shoppers:home")


@require_safe
@never_cache
@login_required
def data(request: SignedInRequest) -> HttpResponse:
    """Give the shopper everything that the mall holds about them, as a file."""
    found = own_data.own_data(request.user, address=f"{request.scheme}://{request.get_host()}", at=clock.now())
    answer = JsonResponse(found, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def end(request: SignedInRequest) -> HttpResponse:
    """Say what ending the account means, and end it for who is sure."""
    if request.method == "POST" and request.POST.get("sure"):
        return _end(request)
    return _show_end(request, status=422 if request.method == "POST" else 200)


def _show_end(request: SignedInRequest, *, status: int, refusal: str = "") -> HttpResponse:
    context = {
        "prospect": leaving.prospect(request.user, at=clock.now()),
        "works_here": request.user.kind != User.Kind.SHOPPER,
        "is_unsure": status == 422 and not refusal,
        "is_confirmed": "confirmed" in request.GET,
        "refusal": refusal,
    }
    return render(request, "home/account_end.html", context, status=status)


@confirmed(back=lambda: reverse("shoppers:end"))
def _end(request: SignedInRequest) -> HttpResponse:
    try:
        leaving.end(user=request.user, now=clock.now())
    except (leaving.WorksHere, leaving.MustWait) as refusal:
        return _show_end(request, status=422, refusal=str(refusal))
    logout(request)
    messages.success(request, _("Your account is ended. What was yours in it is gone."))
    return redirect("/")
