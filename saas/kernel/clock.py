"""The clock. Views, tasks and commands read it once and pass `now` on; operations never read it themselves."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """Return the instant, aware, in UTC."""
    return timezone.now()
