from django.urls import path

from . import views

app_name = "entry"
urlpatterns = [
    path("enter/<str:token>/", views.enter, name="enter"),
    path("visit/end/", views.end, name="end"),
]
