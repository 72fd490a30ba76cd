"""The merchant's pages of reports, under /manage/hosting/."""

from django.urls import path

from cms.backoffice.hanging import hung

from . import merchant_views as views

app_name = "hosting_reports"
urlpatterns = hung(
    [
        path("reports/", views.index, name="index"),
        path("credits/", views.credits_list, name="credits"),
        path("reports/<str:public_id>/", views.detail, name="detail"),
        path("reports/<str:public_id>.pdf", views.pdf, name="pdf"),
        path("reports/<str:public_id>/evidence/<str:evidence>/", views.evidence, name="evidence"),
    ]
)
