"""The forms of signing in: one field for e-mail or phone number, a code of six digits, a password."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.account.fields import PasswordField
from allauth.core import context, ratelimit
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from . import operations, phones, queries
from .models import User

_TOO_OFTEN = _("That was a code after a code after a code. Please wait a minute, then ask again.")


def _login_field() -> forms.CharField:
    return forms.CharField(
        label=_("E-mail address or phone number"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


class PasswordLoginForm(account_forms.LoginForm):
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = _login_field()
        password: PasswordField = self.fields["password"]
        password.widget.attrs.pop("placeholder", None)
        self.order_fields(["login", "password"])


class ResetPasswordForm(account_forms.ResetPasswordForm):
    """Where to send the link that sets a new password. `users` is the person that the address belongs to, or nobody."""

    users: list[User]

    def clean_email(self) -> str:
        """Leave out accounts in which the address was only written down: the link would open somebody else's."""
        email: str = super().clean_email()
        person = queries.person_at(email=email.lower())
        self.users = [person] if person else []
        return email


class ResetPasswordKeyForm(account_forms.ResetPasswordKeyForm):
    """The new password."""

    def save(self) -> None:
        """Set it. The link came by mail, so the address is the person's."""
        super().save()
        operations.prove_by_letter(user=self.user)


class CodeForm(forms.Form):
    """Where to send a code. Cleaned it has `email` or `phone`, the other one empty."""

    login = _login_field()

    def clean(self) -> dict[str, Any]:
        """
        Tell e-mail from phone number.

        :raises ValidationError: it is neither, or a code was asked for a moment ago
        """
        cleaned = super().clean() or {}
        login = str(cleaned.get("login") or "").strip()
        cleaned["email"] = cleaned["phone"] = ""
        if not login:
            return cleaned
        if "@" in login:
            try:
                validate_email(login)
            except ValidationError:
                self.add_error("login", _("Enter an e-mail address like name@example.com."))
                return cleaned
            cleaned["email"] = login.lower()
        else:
            cleaned["phone"] = phones.normal(login)
            if not cleaned["phone"]:
                self.add_error(
                    "login", _("Enter an e-mail address, or a phone number with country code: +1 202 555 0117.")
                )
                return cleaned
        if not ratelimit.consume(
            context.request, action="request_login_code", key=cleaned["email"] or cleaned["phone"]
        ):
            self.add_error("login", _TOO_OFTEN)
        return cleaned


class _SixDigits:
    """Makes allauth's code field fit a phone: digits' keyboard, the code offered from the message."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Code of six digits")
        code.widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12})


class ConfirmCodeForm(_SixDigits, account_forms.ConfirmLoginCodeForm):
    """The code that was sent."""


class VerifyPhoneForm(_SixDigits, account_forms.VerifyPhoneForm):
    """The code that was sent to confirm a number."""
