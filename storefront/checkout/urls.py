"""Pages of buying, mounted at the mall's root."""

from django.urls import path

from . import views

app_name = "checkout"
urlpatterns = [
    path("deals/<slug:slug>/buy/", views.buy, name="buy"),
    path("orders/<str:public_id>/pay/", views.pay, name="pay"),
    path("orders/<str:public_id>/return/", views.come_back, name="return"),
    path("orders/<str:public_id>/cancel/", views.cancel, name="cancel"),
]
