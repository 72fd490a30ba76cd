"""Leaving with everything: archives of the mall, and its end. For the owner."""

from typing import cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.accounts.confirming import confirmed
from saas.kernel import clock
from storefront.refunds import owing
from storefront.refunds.refusals import MallStays
from tenants.archives import links
from tenants.archives import operations as archives
from tenants.archives import queries as archived
from tenants.archives.models import MallExport
from tenants.erasure import operations as erasure
from tenants.erasure import queries as erasures
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

PERMISSION = "accounts.change_user"
CRUMBS = [("backoffice:leave", gettext_lazy("Archive and end"))]


class EndForm(forms.Form):
    """Why, and the mall's address typed as a proof of intent."""

    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("A sentence for us; name no persons."),
        min_length=10,
        max_length=200,
    )
    typed = forms.CharField(
        label=gettext_lazy("Your mall's address"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


def _own(public_id: str) -> MallExport:
    """Return an export of this mall, or 404."""
    own = mall().pk
    with on_platform():
        found = MallExport.objects.select_related("tenant").filter(public_id=public_id, tenant_id=own).first()
    if found is None:
        raise Http404
    return found


@never_cache
@require_safe
@needs(PERMISSION)
def index(request: HttpRequest) -> HttpResponse:
    """Show the mall's archives, and whether it is to be erased."""
    tenant = mall()
    with on_platform():
        standing = erasures.standing(tenant)
    return frame.page(
        request,
        "backoffice/leave/index.html",
        _("Archive and end"),
        exports=archived.exports_of(mall()),
        erasure=standing,
        is_due=standing is not None and standing.due_at <= clock.now(),
        owed=owing.owed(),
        may_cancel=standing is not None and standing.may_cancel(by=actor(request)),
        days=settings.ARCHIVE_DAYS,
        grace_days=settings.ERASURE_GRACE_DAYS,
    )


@never_cache
@require_safe
@needs(PERMISSION)
def progress(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answer with an export's progress; its end asks the page to load again."""
    found, now = _own(public_id), clock.now()
    context = {"one": found, "left": found.remaining(at=now), "is_quiet": archived.is_quiet(found, at=now)}
    response = render(request, "backoffice/leave/progress.html", context)
    if not found.is_under_way:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@needs(PERMISSION)
def export(request: HttpRequest) -> HttpResponse:
    """Ask for an archive."""
    try:
        archives.start_export(tenant=mall(), by=actor(request), now=clock.now())
    except (archives.ExportUnderWay, archives.NotServed, archives.TooManyExports) as refusal:
        messages.error(request, str(refusal))
    return redirect("backoffice:leave")


@require_POST
@needs(PERMISSION)
def cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Stop an export."""
    found = _own(public_id)
    with on_platform():
        archives.cancel(work=found, by=actor(request), now=clock.now())
    return redirect("backoffice:leave")


@require_POST
@needs(PERMISSION)
@confirmed(back=lambda public_id: reverse("backoffice:leave"))
def link(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for the password; then make a link to an archive that lives some minutes, for this person, and go there."""
    return redirect("backoffice:archive_download", links.token_for(export=_own(public_id), by=actor(request)))


@never_cache
@require_safe
@needs(PERMISSION)
def download(request: HttpRequest, token: str) -> HttpResponse:
    """Send an archive of this mall."""
    answer = links.answer(token=token, by=actor(request), now=clock.now(), tenant_id=mall().pk)
    return cast("HttpResponse", answer)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
@confirmed()
def end(request: HttpRequest) -> HttpResponse:
    """Ask for the password, say what an end removes and what stays, and ask for it."""
    form = EndForm(frame.posted(request))
    form.fields["typed"].help_text = _("Type “%(slug)s”.") % {"slug": mall().slug}
    if request.method == "POST" and form.is_valid():
        try:
            erasure.ask(tenant=mall(), by=actor(request), now=clock.now(), **form.cleaned_data)
        except erasure.WrongWord as refusal:
            form.add_error("typed", str(refusal))
        except (erasure.AlreadyAsked, erasure.NotErasable) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("backoffice:leave")
    context = {"form": form, "wrong_forms": [form], "grace_days": settings.ERASURE_GRACE_DAYS, "owed": owing.owed()}
    return frame.page(
        request, "backoffice/leave/end.html", _("End this mall"), CRUMBS, **context, status=422 if form.errors else 200
    )


@require_POST
@needs(PERMISSION)
@confirmed(back=lambda: reverse("backoffice:leave"))
def give_back(request: HttpRequest) -> HttpResponse:
    """Ask for the password; then begin to refund every paid, unused voucher of a mall that ends."""
    try:
        owing.give_all_back(by=actor(request))
    except MallStays as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The refunds are on their way. This page counts what is left."))
    return redirect("backoffice:leave")


@require_POST
@needs(PERMISSION)
def keep(request: HttpRequest) -> HttpResponse:
    """Take the request back."""
    try:
        erasure.cancel(tenant=mall(), by=actor(request), now=clock.now())
    except (erasure.TooLate, erasure.NotYours) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your mall stays."))
    return redirect("backoffice:leave")
