from django.urls import path

from . import views

app_name = "media"
urlpatterns = [path("media/<slug:schema>/<path:name>", views.serve, name="serve")]
