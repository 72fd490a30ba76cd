from django.urls import path

from . import views

app_name = "news"
urlpatterns = [
    path("news/", views.index, name="index"),
    path("news/<slug:slug>/", views.notice, name="notice"),
]
