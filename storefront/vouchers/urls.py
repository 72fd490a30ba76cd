from django.urls import path

from . import views

app_name = "vouchers"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:public_id>/", views.voucher, name="voucher"),
    path("<slug:public_id>/money/", views.money, name="money"),
    path("<slug:public_id>/calendar.ics", views.entry, name="calendar"),
]
