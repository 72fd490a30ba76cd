"""Writes of accounts."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.kernel import rates
from saas.kernel.errors import DomainError

from .models import User

CODES_FOR_ONE_ADDRESS = "10/hour"
CODES_FOR_ONE_CLIENT = "60/hour"


class TooManyCodes(DomainError):
    """Too many codes were asked for this address, or from this client, over all malls."""

    code = "too_many_codes"
    message = _("Too many codes were asked for. Please wait an hour, or use the last code you got.")


def allow_code(*, address: str, client: str) -> None:
    """
    Count a code that is about to be sent to an e-mail address or phone number; over all malls together.

    :raises TooManyCodes: `CODES_FOR_ONE_ADDRESS` or `CODES_FOR_ONE_CLIENT` is used up
    """
    if not rates.spend("codes-client", client, rate=CODES_FOR_ONE_CLIENT, everywhere=True):
        raise TooManyCodes
    if not rates.spend("codes-address", address.lower(), rate=CODES_FOR_ONE_ADDRESS, everywhere=True):
        raise TooManyCodes


@transaction.atomic
def shopper_at(*, email: str = "", phone: str = "", now: datetime) -> User | None:
    """
    Return the person whom an address belongs to, opening a shopper's account where there is none; None when it is closed.

    Give either a lower-case e-mail address or an international phone number. Two requests at once open one account.
    """
    which = {"email": email} if email else {"phone": phone}
    user, _created = User.objects.get_or_create(
        **which, defaults={"kind": User.Kind.SHOPPER, "joined_at": now, "password": "!"}
    )
    if not user.is_active:
        return None
    if email and not EmailAddress.objects.filter(user=user).exists():
        EmailAddress.objects.get_or_create(email=email, defaults={"user": user, "primary": True})
    return user


@transaction.atomic
def choose_language(*, user: User, language: str) -> None:
    """Keep the language that a person reads, a code of `LANGUAGES`: their mails are written in it and signing in brings it back."""
    User.objects.filter(pk=user.pk).update(language=language)
