"""The shopper's own pages, mounted at /account/ before the accounts' own."""

from django.urls import path

from . import account_views

app_name = "shoppers"
urlpatterns = [
    path("", account_views.home, name="home"),
    path("claim/", account_views.claim, name="claim"),
]
