"""What the merchant answers as the second person, and whether support may change things in a mall without a contract."""

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from storefront.promotions.checks import words_of
from storefront.promotions.models import Promotion
from storefront.stores import moments
from tenants.entry import approvals, mandated
from tenants.entry import support as supporting
from tenants.entry.models import Approval

from .merchant_views import CRUMBS, MAY_DECIDE, MAY_SEE

SAID = {
    Approval.State.USED: gettext_lazy("Agreed, and done."),
    Approval.State.APPROVED: gettext_lazy("Agreed. It can be done once, within a day."),
    Approval.State.DECLINED: gettext_lazy("Declined."),
}


class InvitationForm(forms.Form):
    """What support may change, and for how long."""

    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("What support may do"),
        choices=[(key, mandated.KEYS[key]) for key in supporting.KEYS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose what support may change.")},
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Let support change things for"),
        coerce=int,
        choices=[
            (days, ngettext_lazy("%d day", "%d days", days) % days) for days in range(1, supporting.MOST_DAYS + 1)
        ],
    )


@never_cache
@require_safe
@needs(MAY_SEE)
def index(request: HttpRequest) -> HttpResponse:
    """List what the agency asked for above the contract's limits, the open first, and codes above them, which are answered elsewhere."""
    page = frame.paginate(
        request, Approval.objects.order_by(F("decided_at").desc(nulls_first=True), "-asked_at", "-pk")
    )
    rows = [(row, moments.when(row.asked_at), moments.when(row.answer_until)) for row in page.object_list]
    found = Promotion.objects.filter(state=Promotion.State.SECOND, is_of_platform=False).order_by("-made_at", "-pk")
    codes = [(one, words_of(one), moments.when(one.made_at)) for one in found]
    context = {
        "page": page,
        "codes": codes,
        "rows": rows,
        "may_decide": request.user.has_perm(MAY_DECIDE),
        "tab": "feed",
    }
    return frame.page(request, "hosting/approvals.html", _("Above the limits"), CRUMBS, **context)


@require_POST
@needs(MAY_DECIDE)
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say yes or no."""
    row = get_object_or_404(Approval, public_id=public_id)
    accept = request.POST.get("answer") == "yes"
    try:
        state = approvals.decide(approval=row.public_id, accept=accept, by=actor(request), now=clock.now()).state
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, SAID[Approval.State(state)])
    return redirect("hosting_mandates:approvals")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_DECIDE)
def support(request: HttpRequest) -> HttpResponse:
    """Let support change what is named for some days, or end that."""
    now = clock.now()
    form = InvitationForm(frame.posted(request) if request.POST.get("act") != "end" else None)
    if request.method == "POST" and (request.POST.get("act") == "end" or form.is_valid()):
        wanted = form.cleaned_data if form.is_bound else {"days": 0, "permissions": []}
        days = wanted["days"]
        supporting.invite(**wanted, by=actor(request), now=now)
        messages.success(request, _("Support may change things now.") if days else _("Support may look only."))
        return redirect("hosting_mandates:support")
    found = supporting.invitation(at=now)
    context = {
        "form": form,
        "wrong_forms": [form],
        "until": moments.when(found.until_at) if found else "",
        "may": [mandated.label(key) for key in found.permissions] if found else [],
        "tab": "feed",
    }
    status = 422 if form.is_bound else 200
    return frame.page(request, "hosting/support.html", _("Help from the agency"), CRUMBS, status=status, **context)
