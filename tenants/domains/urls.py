from django.urls import path

from . import views

app_name = "domains"
urlpatterns = [path("tls/ask", views.ask, name="tls_ask")]
