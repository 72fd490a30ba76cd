"""The token of a link that sets a new password."""

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator

from saas.kernel.database import connection

from .models import User


class ResetTokenGenerator(EmailAwarePasswordResetTokenGenerator):
    """Binds the token to the schema, so that a mall's link opens nothing in another mall, not even in its copy."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{connection.schema_name}|{super()._make_hash_value(user, timestamp)}"
