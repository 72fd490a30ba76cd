"""The merchant's pages of what the agency does and may do, under /manage/hosting/."""

from django.urls import path

from cms.backoffice.hanging import hung

from . import merchant_approvals as approvals
from . import merchant_views as views

app_name = "hosting_mandates"
urlpatterns = hung(
    [
        path("feed/", views.feed, name="feed"),
        path("feed/<int:number>/revert/", views.revert, name="revert"),
        path("second-yes/", approvals.index, name="approvals"),
        path("second-yes/<str:public_id>/", approvals.answer, name="approval"),
        path("support/", approvals.support, name="support"),
        path("pause/", views.pause, name="pause"),
        path("resume/", views.resume, name="resume"),
    ]
)
