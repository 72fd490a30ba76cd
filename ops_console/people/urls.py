from django.urls import path

from . import views

app_name = "people"
urlpatterns = [
    path("team/people/", views.index, name="index"),
    path("team/people/new/", views.add, name="add"),
    path("team/people/<str:public_id>/", views.person, name="person"),
    path("team/people/<str:public_id>/roles/", views.give, name="give"),
    path("team/people/<str:public_id>/hand-on/", views.hand_on, name="hand_on"),
    path("team/people/<str:public_id>/end/", views.end, name="end"),
]
