"""Everything under /manage/: Wagtail's admin with the back office's own pages in it, behind one guard."""

from django.urls import path
from wagtail.admin import urls as wagtail_admin
from wagtail.admin.auth import require_admin_access
from wagtail.utils.urlpatterns import decorate_urlpatterns

from .access import guard
from .account.views import AccountView

urlpatterns = decorate_urlpatterns(
    # The first line stands before Wagtail's own page of a person, and takes its name.
    [
        path("account/", require_admin_access(AccountView.as_view()), name="wagtailadmin_account"),
        *wagtail_admin.urlpatterns,
    ],
    guard,
)
