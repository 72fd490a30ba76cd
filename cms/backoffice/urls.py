"""Everything under /manage/: Wagtail's admin with the back office's own pages in it, behind one guard."""

from wagtail.admin import urls as wagtail_admin
from wagtail.utils.urlpatterns import decorate_urlpatterns

from .access import guard

urlpatterns = decorate_urlpatterns(list(wagtail_admin.urlpatterns), guard)
