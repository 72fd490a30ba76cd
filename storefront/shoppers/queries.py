"""What is known about a shopper."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress

from saas.accounts.models import User


@dataclass(frozen=True)
class Contacts:
    """Addresses in lower case and numbers in E.164 that a person has proved to own."""

    emails: tuple[str, ...]
    phones: tuple[str, ...]


def contacts(user: User) -> Contacts:
    """Return what the person has proved to own: confirmed addresses, a number to which a code was sent."""
    emails = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    phones = (str(user.phone),) if user.phone and user.phone_verified else ()
    return Contacts(tuple(email.lower() for email in emails), phones)
