"""Pages of refunds, mounted at the mall's root."""

from django.urls import path

from . import views

app_name = "refunds"
urlpatterns = [
    path("orders/<str:public_id>/refund/", views.several, name="several"),
    path("orders/<str:public_id>/vouchers/<str:voucher_id>/refund/", views.refund, name="refund"),
]
