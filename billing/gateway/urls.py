from django.urls import path

from . import views
from .signatures import ACCOUNT, CONNECT

app_name = "gateway"
urlpatterns = [
    path("events/", views.receive, {"endpoint": ACCOUNT}, name="receive"),
    path("connect-events/", views.receive, {"endpoint": CONNECT}, name="receive_connect"),
]
