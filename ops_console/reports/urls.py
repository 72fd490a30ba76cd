from django.urls import path

from . import team_views, views

app_name = "console_reports"
urlpatterns = [
    path("team/", team_views.index, name="team"),
    path("credits/", views.credits_list, name="credits"),
    path("credits/<str:public_id>/settle/", views.credit_settle, name="settle"),
    path("reports/", views.index, name="index"),
    path("reports/<str:public_id>/", views.detail, name="detail"),
    path("reports/<str:public_id>.pdf", views.pdf, name="pdf"),
    path("reports/<str:public_id>/evidence/<str:evidence>/", views.evidence, name="evidence"),
]
