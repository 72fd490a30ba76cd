from django.urls import path

from . import views

app_name = "console_reports"
urlpatterns = [
    path("credits/", views.credits_list, name="credits"),
]
