from django.urls import path

from . import internal_views

urlpatterns = [
    path("metrics", internal_views.show_metrics),
    path("ready", internal_views.show_ready),
]
