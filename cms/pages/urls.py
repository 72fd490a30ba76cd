from django.urls import path

from . import views

app_name = "pages"
urlpatterns = [
    path("", views.show_home, name="home"),
    path("deals/", views.list_deals, name="deals"),
    path("deals/<slug:slug>/", views.show_deal, name="deal"),
]
