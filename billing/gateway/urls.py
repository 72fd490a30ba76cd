from django.urls import path

from . import views

app_name = "gateway"
urlpatterns = [path("events/", views.receive, name="receive")]
