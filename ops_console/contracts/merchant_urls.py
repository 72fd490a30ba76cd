"""The merchant's pages of hosting, under /manage/hosting/."""

from django.urls import path

from cms.backoffice.hanging import hung

from . import merchant_views as views

app_name = "hosting_contracts"
urlpatterns = hung([path("", views.index, name="index")])
