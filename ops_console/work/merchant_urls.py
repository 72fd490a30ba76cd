"""What the agency asks the merchant, under /manage/hosting/."""

from django.urls import path

from cms.backoffice.hanging import hung

from . import merchant_views as views

app_name = "hosting_work"
urlpatterns = hung(
    [
        path("questions/", views.questions, name="questions"),
        path("questions/<str:public_id>/", views.answer, name="answer"),
    ]
)
