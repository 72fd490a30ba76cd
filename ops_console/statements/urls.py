from django.urls import path

from . import views

app_name = "console_statements"
urlpatterns = [
    path("finance/statements/", views.index, name="index"),
    path("finance/statements/<str:public_id>/", views.detail, name="detail"),
    path("finance/statements/<str:public_id>/answer/", views.answer, name="answer"),
    path("finance/statements/<str:public_id>/paid/", views.paid, name="paid"),
    path("finance/statements/<str:public_id>/statement.pdf", views.pdf, name="pdf"),
    path("malls/<str:public_id>/vouchers/<str:voucher>/", views.voucher, name="voucher"),
]
