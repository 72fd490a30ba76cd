"""Sessions as a person's browser has them."""

import time
from typing import Any

from django.test import Client


def confirm(client: Client, person: Any) -> None:
    """Let the signed-in person have given the password again this minute, as the page for it notes it (allauth)."""
    session = client.session
    session["account_authentication_methods_user"] = str(person.pk)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
