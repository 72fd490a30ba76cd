"""Under whose name mail leaves: there is one address that sends, and a shop's letters carry the shop's name."""

from email.utils import formataddr, parseaddr

from django.conf import settings


def under_name(name: str) -> str:
    """Return the address that sends, under `name`: "Riverside Noodles <no-reply@…>"."""
    return formataddr((name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
