"""How allauth's flows meet our accounts: phone numbers on the user, closed sign-up on the platform, codes by SMS."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import connection
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.conf import settings
from django.utils.translation import gettext as _

from .models import User


class AccountAdapter(DefaultAccountAdapter):
    """The account adapter of the platform and of every mall."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Shoppers may open an account in a mall; platform accounts are made by the platform."""
        return bool(connection.is_in_mall)

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        """Store the number on the account."""
        user.phone, user.phone_verified = phone, verified
        user.save(update_fields=["phone", "phone_verified"])

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        """Return the number and whether it was verified."""
        return (str(user.phone), user.phone_verified) if user.phone else None

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Note that the person proved to own the number."""
        self.set_phone(user, phone, True)

    def get_user_by_phone(self, phone: str) -> User | None:
        """Find the account of a number."""
        return User.objects.filter(phone=phone).first()

    def send_verification_code_sms(self, user: User, phone: str, code: str, **_later: Any) -> None:
        """Send a code to confirm a number or to log in."""
        import_string(settings.SMS_BACKEND)().send(to=phone, text=_("Your code is %(code)s.") % {"code": code})

    def send_unknown_account_sms(self, phone: str, **_later: Any) -> None:
        """Say nothing to numbers without an account: a text message costs money and tells who is a customer."""

    def send_account_already_exists_sms(self, phone: str) -> None:
        """Say nothing; the person is told on the page to log in."""
