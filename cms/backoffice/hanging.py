"""Pages of other slices that hang in the back office: under /manage/, behind the same guard as Wagtail's own."""

from collections.abc import Sequence

from django.urls import URLPattern
from wagtail.admin.auth import require_admin_access
from wagtail.utils.urlpatterns import decorate_urlpatterns

from .access import guard


def hung(patterns: Sequence[URLPattern]) -> list[URLPattern]:
    """Return the addresses behind sign-in and the back office's guard, for a module that is included under `manage/`."""
    found: list[URLPattern] = decorate_urlpatterns(decorate_urlpatterns(list(patterns), require_admin_access), guard)
    return found
