from django.urls import path

from . import views

app_name = "counter"
urlpatterns = [
    path("", views.home, name="home"),
    path("store/", views.store, name="store"),
    path("look-up/", views.look_up, name="look_up"),
    path("scan/", views.scan, name="scan"),
    path("vouchers/<slug:public_id>/", views.voucher, name="voucher"),
    path("redemptions/", views.redeem, name="redeem"),
    path("redemptions/<slug:public_id>/", views.redemption, name="redemption"),
    path("redemptions/<slug:public_id>/undo/", views.undo, name="undo"),
]
