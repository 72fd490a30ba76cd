from django.urls import path

from . import views

app_name = "health"
urlpatterns = [
    path("health/", views.overview, name="overview"),
    path("health/<str:public_id>/", views.show_mall, name="mall"),
    path("health/<str:public_id>/<str:event_id>/again/", views.send_again, name="send_again"),
]
