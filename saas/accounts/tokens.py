"""The token of a link that sets a new password."""

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from saas.kernel.database import connection

from .models import User


class ResetTokenGenerator(EmailAwarePasswordResetTokenGenerator):
    """
    Binds the token to the schema, so that a mall's link opens nothing in another mall, not even in its copy.

    The value is allauth's, behind the schema's name: the person's addresses, so that a change of them ends the link. Allauth's own
    also writes the address as a row when a link is looked at, which anybody can do to anybody by a GET; this one only reads.
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        addresses = {user.email} if user.email else set()
        addresses.update(EmailAddress.objects.filter(user_id=user.pk).values_list("email", flat=True))
        own = PasswordResetTokenGenerator._make_hash_value(self, user, timestamp)  # noqa: SLF001  past allauth's
        return f"{connection.schema_name}|{own}{'|'.join(sorted(addresses))}"
