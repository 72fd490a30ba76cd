"""Reads of accounts."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from .models import User


def person_at(*, email: str = "", phone: str = "") -> User | None:
    """
    Return the active person whom an e-mail address (lower case) or a phone number (international) belongs to.

    An address that nobody proved is the account's that was opened with it, not the one's in which somebody wrote it down.
    """
    found = User.objects.filter(phone=phone).first() if phone else _known_by(email)
    return found if found and found.is_active else None


def _known_by(email: str) -> User | None:
    confirmed = EmailAddress.objects.filter(email=email, verified=True).first()
    if confirmed:
        return User.objects.get(pk=confirmed.user_id)
    named = User.objects.filter(email=email).first()
    return None if named and is_borrowed(named) else named


def is_borrowed(user: User) -> bool:
    """
    Tell whether a shopper who came in by other means made an address primary that they never proved to own.

    Signing in by a code proves an address, so an account that somebody was in and whose primary address is unproved was entered by a
    phone, a password or another address, and whoever has the mailbox is a stranger to it (account pre-hijacking, domain rule 10.12).
    """
    if user.kind != User.Kind.SHOPPER or user.last_login is None:
        return False
    rows = EmailAddress.objects.filter(user=user, email=user.email or "", primary=True, verified=False)
    return bool(rows.exists())


def is_unproved(email: str, *, user: Any) -> bool:
    """Tell whether a person has an e-mail address, in any case, without having proved to own it."""
    return bool(EmailAddress.objects.filter(user=user, email=email.lower(), verified=False).exists())


def has_second_factor(user: User) -> bool:
    """Tell whether the person switched on a second factor."""
    return bool(Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists())
