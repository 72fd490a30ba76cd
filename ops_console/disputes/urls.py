from django.urls import path, re_path

from . import views

app_name = "console_disputes"
urlpatterns = [
    path("disputes/", views.index, name="index"),
    path("disputes/<str:public_id>/", views.detail, name="detail"),
    path("disputes/<str:public_id>/make/", views.make, name="make"),
    path("disputes/<str:public_id>/evidence/", views.evidence, name="evidence"),
    path("disputes/<str:public_id>/review/", views.review, name="review"),
    re_path(r"^disputes/(?P<public_id>\w+)/evidence\.(?P<ending>pdf|txt|json)$", views.download, name="download"),
    path("disputes/<str:public_id>/give-up/", views.give_up, name="give_up"),
    path("disputes/<str:public_id>/look-again/", views.look_again, name="look_again"),
]
