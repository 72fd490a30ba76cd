"""Reads of accounts."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from .models import User


def person_at(*, email: str = "", phone: str = "") -> User | None:
    """Return the active person whom an e-mail address (lower case) or a phone number (international) belongs to."""
    people = User.objects.filter(is_active=True)
    if phone:
        return people.filter(phone=phone).first()
    confirmed = (
        EmailAddress.objects.filter(email=email, verified=True, user__is_active=True).select_related("user").first()
    )
    return confirmed.user if confirmed else people.filter(email=email).first()


def has_second_factor(user: User) -> bool:
    """Tell whether the person switched on a second factor."""
    return bool(Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists())
