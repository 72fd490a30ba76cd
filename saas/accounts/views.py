"""Signing in and up by code, and the platform's account page. Everything else is allauth's."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.utils import passthrough_next_redirect_url
from allauth.account.views import EmailView, LoginView, RequestLoginCodeView
from allauth.core.exceptions import RateLimited
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from saas.kernel import clock, languages
from saas.kernel.database import connection

from . import adapter, operations, queries
from .forms import CodeForm
from .languages import remember
from .requests import Request, SignedInRequest

STAFF_PAGES = ("/manage/", "/counter/")


class SignInView(LoginView):
    """Takes a password. In a mall, who is not on the way to staff's pages is first asked for an address only."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, or go to the code page."""
        if connection.is_in_mall and "password" not in request.GET:
            way = request.GET.get("next", "")
            if not way.startswith(STAFF_PAGES):
                return redirect(passthrough_next_redirect_url(request, reverse("account_request_login_code"), "next"))
        return super().get(request, *args, **kwargs)


class RequestCodeView(RequestLoginCodeView):
    """Asks for an address and sends a code there. In a mall an unknown address opens a shopper's account."""

    form_class = CodeForm

    def form_valid(self, form: CodeForm) -> HttpResponse:
        """Send the code and go to the page that takes it."""
        address = {"email": form.cleaned_data["email"], "phone": form.cleaned_data["phone"]}
        opens = connection.is_in_mall
        user = operations.shopper_at(**address, now=clock.now()) if opens else queries.person_at(**address)
        try:
            LoginCodeVerificationProcess.initiate(request=self.request, user=user, **address)
        except RateLimited:
            form.add_error("login", str(operations.TooManyCodes.message))
            return self.form_invalid(form)
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: CodeForm) -> HttpResponse:
        """Show the form again with what is wrong."""
        response = super().form_invalid(form)
        response.status_code = 422
        return response

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Add whether a new address opens an account, and the way to the password."""
        way = self.request.GET.get("next") or self.request.POST.get("next")
        login_url = f"{reverse('account_login')}?{urlencode({'password': 1, **({'next': way} if way else {})})}"
        return super().get_context_data(**context) | {"opens_accounts": connection.is_in_mall, "login_url": login_url}


class AddressesView(EmailView):
    """The person's e-mail addresses. The one that the account is known by is one that the person has proved to own."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse to make an address primary that nobody proved; the rest is allauth's."""
        if "action_primary" in request.POST and queries.is_unproved(request.POST.get("email", ""), user=request.user):
            get_adapter().add_message(request, messages.ERROR, "account/messages/unverified_primary_email.txt")
            return redirect("account_email")
        return super().post(request, *args, **kwargs)


def sign_up(request: HttpRequest) -> HttpResponse:
    """Send on to the code page: signing up is signing in for the first time."""
    return redirect(passthrough_next_redirect_url(request, reverse("account_request_login_code"), "next"))


def staff_login(request: HttpRequest) -> HttpResponse:
    """Stand in for Wagtail's own login page, which knows no second factor."""
    return redirect(passthrough_next_redirect_url(request, reverse("account_login"), "next"))


def staff_password_reset(_request: HttpRequest, rest: str = "") -> HttpResponse:
    """Stand in for Wagtail's own password reset."""
    return redirect("account_reset_password")


@csrf_exempt
@never_cache
@require_POST
def choose_language(request: Request) -> HttpResponse:
    """
    Keep the language in this browser, and with the account of who is signed in, and go back to the page.

    The form stands on pages that are kept for everybody and so can have no token of one visitor's: the browser's word where the form
    stood takes its place.
    """
    own = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin", own) != own:
        raise PermissionDenied
    way = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(way, None) and way.startswith("/")
    response = HttpResponseRedirect(way if is_ours else "/")
    if language := languages.supported(request.POST.get("language", "")[:20]):
        remember(response, language)
        if request.user.is_authenticated:
            operations.choose_language(user=request.user, language=language)
    return response


@login_required
def home(request: SignedInRequest) -> HttpResponse:
    """Show the platform's person their own account. In a mall the shop has its own page at this address."""
    context = {"second_factor": queries.has_second_factor(request.user), "work": adapter.home_of(request.user)}
    return render(request, "account/home.html", context)
