"""The shopper's own pages, mounted at /account/ before the accounts' own."""

from django.urls import path

from . import account_views

app_name = "shoppers"
urlpatterns = [
    path("", account_views.home, name="home"),
    path("claim/", account_views.claim, name="claim"),
    path("data/", account_views.data, name="data"),
    path("end/", account_views.end, name="end"),
]
