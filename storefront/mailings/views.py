"""Asking for a mall's news, and no more of it: on the account page, and by the link in every letter."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.actors import Actor

from . import operations, queries


@require_POST
@login_required
def choose(request: SignedInRequest) -> HttpResponse:
    """Give the consent or take it back."""
    now = clock.now()
    if "yes" in request.POST:
        operations.give_consent(member=request.user, by=request.actor, now=now)
        messages.success(request, _("You get this mall's news by e-mail. Each letter has a link that ends it."))
    else:
        consent = queries.consent_of(request.user)
        if consent:
            operations.withdraw_consent(consent=consent.pk, by=request.actor, now=now)
        messages.success(request, _("You get no more news by e-mail."))
    return redirect("shoppers:home")


# Mail programs post here by themselves when a person presses their own button (RFC 8058); they have no form of ours to take a token from.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once, then end the letters; opening the link changes nothing, because mail servers open links."""
    consent = queries.by_token(token)
    if consent is None:
        raise Http404
    if request.method == "POST":
        member = consent.member
        by = Actor("shopper", member.get_full_name()[:160], member.public_id)
        operations.withdraw_consent(consent=consent.pk, by=by, now=clock.now())
    is_over = request.method == "POST" or consent.withdrawn_at is not None
    return render(request, "mailings/stop.html", {"is_over": is_over})
