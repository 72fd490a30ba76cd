"""Pages of a mall beside the CMS', mounted at the mall's root."""

from django.urls import path

from . import views

app_name = "home"
urlpatterns = [
    path("search/", views.search, name="search"),
    path("stores/", views.list_stores, name="stores"),
    path("stores/<str:public_id>/", views.show_store, name="store"),
]
