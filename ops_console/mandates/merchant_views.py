"""The merchant's side of the mandate: what was done, taking it back, pausing. The mandate's rows are the platform's."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import refuse_all_but_merchant
from saas.kernel.errors import Busy, DomainError
from saas.ui.formats import listed
from storefront.stores import moments
from tenants.entry import mandated
from tenants.entry.models import Approval
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import feed as feeds
from . import grants, reverting, standing

MAY_SEE = "audit.view_auditentry"
# Taking back and pausing bind the merchant: who may sign may do them.
MAY_DECIDE = "terms.change_termproposal"
_SENT = gettext_lazy(
    "What was there before was sent to the audit; shoppers see it when it has passed. The agency sees that you took it back."
)
_BACK = gettext_lazy("It is as it was before. The agency sees that you took it back.")
CRUMBS = [("hosting_mandates:feed", gettext_lazy("What was done"))]


class FeedFilter(forms.Form):
    """Which acts are shown."""

    q = forms.CharField(label=gettext_lazy("Person, thing or clause"), required=False, max_length=100)
    only = forms.BooleanField(label=gettext_lazy("Only what I can take back"), required=False)


@never_cache
@require_safe
@needs(MAY_SEE)
def feed(request: HttpRequest) -> HttpResponse:
    """Show what the agency did for the merchant, and what it may do now; asked for again every 15 seconds."""
    form = FeedFilter(request.GET)
    wanted: dict[str, Any] = form.cleaned_data if form.is_valid() else {"q": "", "only": False}
    page = frame.paginate(request, feeds.acts(words=wanted["q"], revertible=wanted["only"]))
    template = "hosting/feed_list.html" if request.headers.get("HX-Request") else "hosting/feed.html"
    return frame.page(
        request,
        template,
        _("What was done"),
        [("hosting_contracts:index", _("Hosting"))],
        tab="feed",
        form=form,
        page=page,
        acts=feeds.rows(list(page.object_list), by=actor(request)),
        is_filtered=any(wanted.values()),
        mandate=_mandate(),
        waiting_count=Approval.objects.filter(state=Approval.State.OPEN).count(),
        may_decide=request.user.has_perm(MAY_DECIDE),
    )


def _mandate() -> dict[str, Any] | None:
    """Return what the agency may do here now: paused_at, paused_by, and `may`: (words, clauses); None without a contract."""
    tenant, now = mall(), clock.now()
    with on_platform():
        lasting = standing.lasting(tenant.pk, at=now)
        given = [(one.permission, one.clause) for mandate in lasting for one in mandate.permissions.all()]
    if not lasting:
        return None
    paused = next((one for one in lasting if one.paused_at), None)
    clauses: dict[str, list[str]] = {}
    for key, clause in given:
        clauses.setdefault(key, []).append(clause)
    return {
        "paused_at": moments.when(paused.paused_at) if paused and paused.paused_at else "",
        "paused_by": paused.paused_by if paused else "",
        "may": [(mandated.label(key), listed(dict.fromkeys(numbers))) for key, numbers in clauses.items()],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_DECIDE)
def revert(request: HttpRequest, number: int) -> HttpResponse:
    """Ask, then take back what was done."""
    entry = get_object_or_404(AuditEntry, pk=number)
    waits = reverting.waits(entry)
    if request.method == "POST":
        try:
            reverting.revert(entry_id=number, by=actor(request), now=clock.now())
        except Busy:
            raise
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _SENT if waits else _BACK)
        return redirect("hosting_mandates:feed")
    row = feeds.rows([entry], by=actor(request))[0]
    question = {
        "lead": _("Take back: %(what)s “%(about)s”?") % {"what": row.what, "about": row.about},
        "text": f"{_('Done by %(person)s, %(when)s.') % {'person': row.person, 'when': row.when}} {_becomes(entry, waits=waits)}",
        "button": _("Take it back"),
        "danger": True,
        "back": reverse("hosting_mandates:feed"),
    }
    return frame.page(request, "backoffice/confirm.html", _("Take back"), CRUMBS, **question)


def _becomes(entry: AuditEntry, *, waits: bool) -> str:
    """Say what taking an act back does."""
    if waits:
        return _(
            "The deal is on sale, so what was there before goes to the audit first; shoppers see it when it has passed."
        )
    if entry.action == "deal.published":
        return _("The deal ends for good: nobody buys it any more, and vouchers that were sold stay valid.")
    return _("What was there before comes back; shoppers see it at once.")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_DECIDE)
def pause(request: HttpRequest) -> HttpResponse:
    """Ask, then let nobody of the agency act in the mall."""
    if request.method == "POST":
        return _turn(request, grants.pause, _("The agency cannot act in your mall any more, until you let it."))
    question = {
        "lead": _("Pause what the agency may do?"),
        "text": _(
            "Whoever is in your mall now is put out with the next click. Tasks wait; the contract and its fees go on."
        ),
        "button": _("Pause the mandate"),
        "danger": True,
        "back": reverse("hosting_mandates:feed"),
    }
    return frame.page(request, "backoffice/confirm.html", _("Pause"), CRUMBS, **question)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_DECIDE)
def resume(request: HttpRequest) -> HttpResponse:
    """Ask, then let the agency act by the contract again."""
    if request.method == "POST":
        return _turn(request, grants.resume, _("The agency can act in your mall by the contract again."))
    question = {
        "lead": _("Let the agency act again?"),
        "text": _("It may do what the contract says, as before the pause."),
        "button": _("Let it go on"),
        "back": reverse("hosting_mandates:feed"),
    }
    return frame.page(request, "backoffice/confirm.html", _("Go on"), CRUMBS, **question)


def _turn(request: HttpRequest, how: Any, said: str) -> HttpResponse:
    tenant, by, now = mall(), actor(request), clock.now()
    refuse_all_but_merchant(by)
    with on_platform():
        how(tenant=tenant, by=by, now=now)
    messages.success(request, said)
    return redirect("hosting_mandates:feed")
