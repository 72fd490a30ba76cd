"""The gallery's addresses, under `/ui/`."""

from django.urls import path, re_path

from saas.ui import views

app_name = "ui"
urlpatterns = [
    path("gallery/", views.show_gallery, name="gallery"),
    re_path(r"^errors/(?P<code>403|404|409|429|500|503)/$", views.show_error, name="error"),
]
