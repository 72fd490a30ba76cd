"""Pages of orders, mounted at /orders/."""

from django.urls import path

from . import views

app_name = "orders"
urlpatterns = [
    path("<str:public_id>/", views.show_order, name="order"),
    path("<str:public_id>/receipt/", views.show_receipt, name="receipt"),
    path("<str:public_id>/open/<str:key>/", views.open_order, name="open"),
]
