"""How allauth's flows meet our accounts: where people go, phone numbers on the user, codes by SMS, letters in our words."""

import re
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.core.exceptions import RateLimited
from django import forms
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from saas.kernel.database import connection
from saas.kernel.senders import under_name

from . import languages, operations, phones
from .models import User
from .requests import SignedInRequest

_CODE_LINE = re.compile(r"\d{6}")
_LINK_LINE = re.compile(r"https?://\S+")


def place_name() -> str:
    """Return the name of the mall that this code runs in, or of the platform."""
    return str(connection.tenant.name) if connection.is_in_mall else "Hutong"


def home_of(user: User) -> str:
    """Return the path where a person's work begins: the shopper's page, the back office, the counter, the console."""
    if not connection.is_in_mall:
        return "/ops/" if user.kind == User.Kind.AGENCY else "/account/"
    if user.kind == User.Kind.SHOPPER:
        return "/account/"
    if user.has_perm("wagtailadmin.access_admin") or not user.has_perm("vouchers.add_redemption"):
        return "/manage/"
    return "/counter/"


class AccountAdapter(DefaultAccountAdapter):
    """The account adapter of the platform and of every mall."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no to allauth's own sign-up page: asking for a code is how a shopper signs up."""
        return False

    def get_login_redirect_url(self, request: SignedInRequest) -> str:
        """Send everybody to where their work begins."""
        return home_of(request.user)

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse | None:
        """Refuse the agency's people in a mall: they come in by a ticket only."""
        if user.kind == User.Kind.AGENCY and connection.is_in_mall:
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **options)

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """Bring the language that the person reads into this browser."""
        response: HttpResponse = super().post_login(request, user, **options)
        if user.language:
            languages.remember(response, user.language)
        return response

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        login = credentials.get("email") or phones.normal(credentials.get("phone") or "") or "?"
        # The mall, not the Host header: that has as many spellings of one mall as its sender likes.
        return f"{connection.schema_name}:{login.lower()}"

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Say no to the address that the account is known by: it must stay reachable, and without one it would be known by ""."""
        return not email_address.primary and email_address.email != email_address.user.email

    # --- phone numbers ---
    def phone_form_field(self, **options: Any) -> forms.Field:
        """Return the field that takes a number as people write it."""
        return phones.PhoneField(**options)

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        """Store the number on the account."""
        user.phone, user.phone_verified = phone, verified
        user.save(update_fields=["phone", "phone_verified"])

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        """Return the number and whether it was verified."""
        return (str(user.phone), user.phone_verified) if user.phone else None

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Note that the person proved to own the number."""
        self.set_phone(user, phone, verified=True)

    def get_user_by_phone(self, phone: str) -> User | None:
        """Find the account of a number."""
        number = phones.normal(phone)
        return User.objects.filter(phone=number).first() if number else None

    def send_verification_code_sms(self, user: User, phone: str, code: str, **_later: Any) -> None:
        """Send a code to confirm a number or to log in."""
        self._count(phone)
        text = _("%(code)s is your code for %(place)s. Tell it to nobody.") % {"code": code, "place": place_name()}
        import_string(settings.SMS_BACKEND)().send(to=phone, text=text)

    def send_unknown_account_sms(self, phone: str, **_later: Any) -> None:
        """Say nothing to numbers without an account: a text message costs money and tells who is a customer."""

    def send_account_already_exists_sms(self, phone: str) -> None:
        """Say nothing; the person is told on the page to log in."""

    # --- letters ---
    def get_from_email(self) -> str:
        """Return the platform's address under the mall's name."""
        return under_name(place_name())

    def format_email_subject(self, subject: str) -> str:
        """Return the subject as it is; the sender's name says where it comes from."""
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a letter in the place's name."""
        if "code" in context:
            self._count(email)
        super().send_mail(template_prefix, email, {"place": place_name(), **context})

    def render_mail(
        self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        """Return the letter as text and, made from the same text, as HTML."""
        message = super().render_mail(template_prefix, email, context, headers)
        body = str(message.body)
        if isinstance(message, EmailMultiAlternatives):
            html = render_to_string("account/email/letter.html", {"place": place_name(), "parts": _parts(body)})
            message.attach_alternative(html, "text/html")
        return message

    def _count(self, address: str) -> None:
        try:
            operations.allow_code(address=address, client=self.get_client_ip(allauth_context.request))
        except operations.TooManyCodes as error:
            raise RateLimited from error


def _parts(body: str) -> list[tuple[str, str]]:
    """Return the letter's paragraphs, each with what it is: code, link or text."""
    found = []
    for paragraph in filter(None, (part.strip() for part in re.split(r"\n\s*\n", body))):
        sort = "code" if _CODE_LINE.fullmatch(paragraph) else "link" if _LINK_LINE.fullmatch(paragraph) else "text"
        found.append((sort, paragraph))
    return found
