from django.urls import path

from . import views

app_name = "console_refunds"
urlpatterns = [
    path("refunds/", views.index, name="index"),
    path("refunds/<str:public_id>/", views.detail, name="detail"),
    path("refunds/<str:public_id>/buyer/", views.buyer, name="buyer"),
    path("refunds/<str:public_id>/pay/", views.pay, name="pay"),
    path("refunds/<str:public_id>/came-back/", views.came_back, name="came_back"),
    path("refunds/<str:public_id>/again/", views.send_again, name="send_again"),
]
