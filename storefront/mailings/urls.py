from django.urls import path

from . import views

app_name = "mailings"
urlpatterns = [
    path("letters/choose/", views.choose, name="choose"),
    path("letters/stop/<str:token>/", views.stop, name="stop"),
]
