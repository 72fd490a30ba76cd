"""The mall at a domain of its own: claimed, proved by a DNS record, chosen as the one that shoppers see."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock, rates
from tenants.domains import operations
from tenants.domains import queries as domains
from tenants.domains.models import DomainClaim
from tenants.domains.naming import NameRefused
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

# Who decides over staff decides over addresses: the owner.
PERMISSION = "accounts.change_user"
CRUMBS = [("backoffice:domains", gettext_lazy("Domains"))]
CHECKS = "30/hour"
REFUSALS = (
    NameRefused,
    operations.DomainTaken,
    operations.DomainRests,
    operations.ClaimedAlready,
    operations.TooManyClaims,
)


class ClaimForm(forms.Form):
    """A domain."""

    domain = forms.CharField(
        label=gettext_lazy("Your domain"),
        help_text=gettext_lazy("For example shop.example.com. You need to be able to change its DNS."),
        max_length=300,
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false", "inputmode": "url"}
        ),
    )


def _own(public_id: str) -> DomainClaim:
    """Return a claim of this mall, or 404."""
    own = mall().pk
    with on_platform():
        found = DomainClaim.objects.filter(public_id=public_id, tenant_id=own).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
def index(request: HttpRequest) -> HttpResponse:
    """List the mall's addresses, and take a new one."""
    form = ClaimForm(frame.posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.claim(
                tenant=mall(), typed=form.cleaned_data["domain"], by=actor(request), now=clock.now()
            )
        except REFUSALS as refusal:
            form.add_error("domain", str(refusal))
        else:
            return redirect("backoffice:domain", made.public_id)
    return frame.page(
        request,
        "backoffice/domains/index.html",
        _("Domains"),
        form=form,
        wrong_forms=[form],
        status=422 if form.errors else 200,
        **_addresses(),
    )


def _addresses() -> dict[str, Any]:
    """Return the mall's addresses: the platform's, the claims, and which of them shoppers are led to."""
    tenant = mall()
    with on_platform():
        claims = domains.claims_of(tenant)
    return {"claims": claims, "own_host": f"{tenant.slug}.{settings.BASE_DOMAIN}", "primary": tenant.primary_host}


@require_safe
@needs(PERMISSION)
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what to write into DNS, what was found there, and what can be done with the domain."""
    found = _own(public_id)
    return frame.page(
        request,
        "backoffice/domains/detail.html",
        found.shown,
        CRUMBS,
        claim=found,
        is_primary=mall().primary_host == found.domain,
        platform_host=f"{mall().slug}.{settings.BASE_DOMAIN}",
        grace_days=settings.DOMAIN_PROOF_GRACE_DAYS,
        rest_days=settings.DOMAIN_QUARANTINE_DAYS,
    )


@require_POST
@needs(PERMISSION)
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """Look into DNS now."""
    found = _own(public_id)
    if not rates.spend("domain-check", mall().schema_name, rate=CHECKS):
        messages.error(request, _("That was checked often. Wait some minutes; we also look by ourselves."))
        return redirect("backoffice:domain", public_id)
    try:
        after = operations.check(claim_id=found.public_id, by=actor(request), now=clock.now())
    except (operations.DomainTaken, operations.DomainRests) as refusal:
        messages.error(request, str(refusal))
    else:
        if after.state == DomainClaim.State.PROVED:
            messages.success(request, _("The proof is there: your mall answers at %(name)s.") % {"name": after.shown})
        else:
            messages.warning(request, after.problem or _("The proof was not found."))
    return redirect("backoffice:domain", public_id)


@require_POST
@needs(PERMISSION)
def choose(request: HttpRequest) -> HttpResponse:
    """Lead shoppers to one of the addresses."""
    try:
        operations.choose_primary(
            tenant=mall(), domain=request.POST.get("domain", "")[:253], by=actor(request), now=clock.now()
        )
    except operations.NotInUse as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Shoppers are led to this address from now on."))
    return redirect("backoffice:domains")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
def release(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask, then give a domain up."""
    found = _own(public_id)
    if request.method == "POST":
        operations.release(claim_id=found.public_id, by=actor(request), now=clock.now())
        messages.success(request, _("%(name)s was removed.") % {"name": found.shown})
        return redirect("backoffice:domains")
    points = [_("Your mall does not answer at it any more; links to it break.")] if found.is_holding else []
    if found.is_holding:
        points.append(_("For %(days)d days no other mall can take it.") % {"days": settings.DOMAIN_QUARANTINE_DAYS})
    return frame.page(
        request,
        "backoffice/confirm.html",
        found.shown,
        CRUMBS,
        lead=_("Remove %(name)s from your mall?") % {"name": found.shown},
        text=_("Your mall stays at its other addresses."),
        points=points,
        button=_("Remove the domain"),
        danger=True,
        back=reverse("backoffice:domain", args=[public_id]),
    )
