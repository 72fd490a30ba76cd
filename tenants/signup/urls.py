from django.urls import path

from . import views

app_name = "signup"
urlpatterns = [
    path("", views.land, name="landing"),
    path("signup/", views.sign_up, name="sign_up"),
    path("signup/address/", views.check_address, name="check_address"),
    path("signin/", views.sign_in_hub, name="sign_in"),
]
