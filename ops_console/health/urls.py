from django.urls import path

from . import views

app_name = "health"
urlpatterns = [
    path("health/", views.overview, name="overview"),
    path("health/look/", views.look_now, name="look_now"),
    path("health/looks/<int:number>/", views.show_look, name="look"),
    path("health/held/<int:number>/again/", views.send_held, name="send_held"),
    path("health/held/<int:number>/drop/", views.drop_held, name="drop_held"),
    path("health/<str:public_id>/", views.show_mall, name="mall"),
    path("health/<str:public_id>/<str:event_id>/again/", views.send_again, name="send_again"),
]
