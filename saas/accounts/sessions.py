"""Sessions: Django's rows, told apart from a database that is away."""

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as RowStore
from django.db import OperationalError


class SessionStore(RowStore):
    """
    Keeps sessions as Django does. Django takes every error while a session is written for one that was deleted meanwhile, and answers
    400; when the database is away that is a clear no to something that may have been done, such as an order. Here it stays an error
    of the server, after which the same may be sent again.
    """

    def save(self, must_create: bool = False) -> None:
        """
        Write the session.

        :raises UpdateError: it was deleted meanwhile
        :raises OperationalError: the database did not answer
        """
        try:
            super().save(must_create=must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from None
            raise
