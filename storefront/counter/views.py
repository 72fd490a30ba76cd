"""The counter's pages. Each works as a plain form; a code arrives only in a POST body."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from saas.kernel.ids import public_id as new_key
from storefront.vouchers import queries
from storefront.vouchers.models import Redemption
from storefront.vouchers.refusals import Refusal, RequestKeyReused, UnknownCode

from . import camera, guard, places, states, trying
from .access import MAY_UNDO, StaffRequest, staff_only
from .forms import CodeForm, RedeemForm, StoreForm, UndoForm


@require_GET
@staff_only()
def home(request: StaffRequest) -> HttpResponse:
    """Camera, code field and what was redeemed last."""
    store = places.store_of(request)
    if store is None:
        return redirect("counter:store")
    recent = queries.recent(store, now=clock.now())
    return render(
        request, "counter/home.html", {"store": store, "form": CodeForm(), "is_first": True, "recent": recent}
    )


@require_http_methods(["GET", "POST"])
@staff_only()
def store(request: StaffRequest) -> HttpResponse:
    """Choose the store."""
    here = places.store_of(request)
    form = StoreForm(request.POST if request.method == "POST" else None, initial={"store": here}, staff=request.user)
    if form.is_valid():
        places.remember(request, form.cleaned_data["store"])
        return redirect("counter:home")
    stores = places.offered(request.user)
    context = {"form": form, "stores": stores, "is_bound": bool(request.user.store_ids)}
    return render(request, "counter/store.html", context, status=422 if form.errors else 200)


@require_POST
@sensitive_post_parameters("code")
@staff_only()
def look_up(request: StaffRequest) -> HttpResponse:
    """Take a code and lead to what it stands for."""
    form = CodeForm(request.POST)
    return _answer(request, form.cleaned_data["code"] if form.is_valid() else "")


@require_POST
@sensitive_variables("code")
@staff_only()
def scan(request: StaffRequest) -> HttpResponse:
    """Take a picture from the camera; without a code in it the answer is empty (204)."""
    picture = request.FILES.get("frame")
    try:
        guard.admit_frame(guard.tryer(request))
        code = camera.read(picture) if picture else ""
    except guard.TooManyTries as error:
        return _refused(request, error)
    except camera.PictureRefused:
        return HttpResponse(status=422, content_type="text/plain")
    return _answer(request, code) if code else HttpResponse(status=204, content_type="text/plain")


@sensitive_variables("code")
def _answer(request: StaffRequest, code: str) -> HttpResponse:
    try:
        return redirect("counter:voucher", guard.find(code, by=guard.tryer(request)))
    except (guard.TooManyTries, UnknownCode) as error:
        return _refused(request, error)


@require_GET
@staff_only()
def voucher(request: StaffRequest, public_id: str) -> HttpResponse:
    """Show what a voucher is for and whether it may be redeemed here and now."""
    place = places.store_of(request)
    if place is None:
        return redirect("counter:store")
    try:
        look = queries.look(public_id, now=clock.now(), store=place)
    except UnknownCode as error:
        raise Http404 from error
    context = {
        "look": look,
        "state": states.of_look(look),
        "validity": states.validity(look),
        "store": place,
        "form": CodeForm(),
    }
    if look.refusal is None:
        context["redeem_form"] = RedeemForm(
            initial={"voucher": public_id, "store": place.public_id, "request_key": new_key()}
        )
    return render(request, "counter/voucher.html", context)


@require_POST
@staff_only()
def redeem(request: StaffRequest) -> HttpResponse:
    """Redeem after the confirmation. Sent again with the same key it leads to the same redemption (V5)."""
    form = RedeemForm(request.POST)
    if not form.is_valid():
        return _refused(request, UnknownCode())
    given = form.cleaned_data
    try:
        redemption = trying.redeem(
            voucher_public_id=given["voucher"],
            store_id=given["store"].pk,
            request_key=given["request_key"],
            by=request.actor,
            staff=request.user,
            now=clock.now(),
        )
    except (Refusal, Busy) as error:
        return _refused(request, error)
    return redirect("counter:redemption", redemption.public_id)


@require_GET
@staff_only()
def redemption(request: StaffRequest, public_id: str) -> HttpResponse:
    """Show a redemption: done, or undone since."""
    row = _row_or_404(public_id)
    context = {"row": row, "state": states.of_redemption(row), "store": places.store_of(request), "form": CodeForm()}
    return render(request, "counter/redemption.html", context)


@require_http_methods(["GET", "POST"])
@staff_only(MAY_UNDO)
def undo(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take a redemption back, with a reason."""
    row = _row_or_404(public_id)
    form = UndoForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            who = {"by": request.actor, "staff": request.user}
            trying.undo(redemption_public_id=public_id, reason=form.reason, now=clock.now(), **who)
        except (Refusal, Busy) as error:
            return _refused(request, error)
        messages.success(request, _("Undone: %(title)s. The voucher can be used again.") % {"title": row.title})
        return redirect("counter:home")
    context = {"row": row, "undo_form": form, "store": places.store_of(request)}
    return render(request, "counter/undo.html", context, status=422 if form.errors else 200)


def _row_or_404(public_id: str) -> queries.RedemptionRow:
    try:
        return queries.redemption(public_id, now=clock.now())
    except Redemption.DoesNotExist as error:
        raise Http404 from error


def _refused(request: StaffRequest, refusal: DomainError) -> HttpResponse:
    context = {"state": states.of_refusal(refusal), "store": places.store_of(request), "form": CodeForm()}
    if isinstance(refusal, guard.TooManyTries):
        response = render(request, "counter/refused.html", context, status=429)
        response.headers["Retry-After"] = str(refusal.data["wait_seconds"])
        return response
    return render(
        request, "counter/refused.html", context, status=409 if isinstance(refusal, (RequestKeyReused, Busy)) else 422
    )
