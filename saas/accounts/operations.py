"""Writes of accounts."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.kernel import rates
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one

from . import queries
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

    Give either a lower-case e-mail address or an international phone number. Two requests at once open one account. An e-mail address
    is a row of the person's, so that the right code proves it; who only wrote it down in their own account loses it. Locks: that account.
    """
    user = queries.person_at(email=email, phone=phone)
    if user is None:
        user = _opened(email=email, phone=phone, now=now)
    if user is None or not user.is_active:
        return None
    if email:
        is_first = not EmailAddress.objects.filter(user=user, primary=True).exists()
        EmailAddress.objects.get_or_create(user=user, email=email, defaults={"primary": is_first})
    return user


def _opened(*, email: str, phone: str, now: datetime) -> User | None:
    if email:
        if EmailAddress.objects.filter(email=email, verified=True).exists():
            return None  # of somebody whose account is closed
        _take_back(email)
    which = {"email": email} if email else {"phone": phone}
    defaults = {"kind": User.Kind.SHOPPER, "joined_at": now, "password": "!"}
    return User.objects.get_or_create(**which, defaults=defaults)[0]


def _take_back(email: str) -> None:
    """Take an address that was never proved from the account that has it for its own; the next proved one takes its place."""
    holders = locked(User.objects.filter(email=email))
    if not holders or not queries.is_borrowed(holders[0]):
        return
    holder = holders[0]
    EmailAddress.objects.filter(user=holder, email=email).delete()
    proved = EmailAddress.objects.filter(user=holder, verified=True).order_by("pk").first()
    if proved:
        EmailAddress.objects.filter(pk=proved.pk).update(primary=True)
    User.objects.filter(pk=holder.pk).update(email=proved.email if proved else None)


@transaction.atomic
def prove_by_letter(*, user: User) -> None:
    """
    Note that a person who followed a letter's link has the mailbox: with no address proved yet, the letter went to the account's own.

    Does nothing where one is proved, or where somebody else has proved this one.
    """
    own = EmailAddress.objects.filter(user=user)
    if not user.email or own.filter(verified=True).exists():
        return
    address, _created = own.get_or_create(
        user=user, email=user.email, defaults={"primary": not own.filter(primary=True).exists()}
    )
    address.set_verified()


@transaction.atomic
def end(*, person: str) -> None:
    """
    End a person's account for good: nobody can sign in to it, every session is over, and nothing in it says whose it was.

    `person` is its public id, which stays, for what others wrote about it. Repeated it changes nothing. Locks: User.

    :raises User.DoesNotExist: there is none
    """
    user = locked_one(User.objects.filter(public_id=person))
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    user.email = user.phone = None
    user.phone_verified = user.is_active = False
    user.name = user.language = ""
    user.set_unusable_password()
    user.save()


@transaction.atomic
def choose_language(*, user: User, language: str) -> None:
    """Keep the language that a person reads, a code of `LANGUAGES`: their mails are written in it and signing in brings it back."""
    User.objects.filter(pk=user.pk).update(language=language)
