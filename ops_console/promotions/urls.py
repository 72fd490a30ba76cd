from django.urls import path

from . import views

app_name = "console_promotions"
urlpatterns = [
    path("malls/<str:public_id>/promotions/", views.index, name="index"),
    path("malls/<str:public_id>/promotions/offer/", views.offer, name="offer"),
    path("malls/<str:public_id>/promotions/<str:promotion>/second/", views.second, name="second"),
    path("malls/<str:public_id>/promotions/<str:promotion>/withdraw/", views.withdraw, name="withdraw"),
]
