from django.urls import path

from . import views

app_name = "console_terms"
urlpatterns = [
    path("malls/<str:public_id>/terms/", views.index, name="index"),
    path("malls/<str:public_id>/terms/offer/", views.offer, name="offer"),
    path("malls/<str:public_id>/terms/<str:proposal>/withdraw/", views.withdraw, name="withdraw"),
]
