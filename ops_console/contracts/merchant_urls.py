"""The merchant's pages of hosting, under /manage/hosting/."""

from django.urls import path

from cms.backoffice.hanging import hung

from . import merchant_views as views

app_name = "hosting_contracts"
urlpatterns = hung(
    [
        path("", views.index, name="index"),
        path("contract/", views.current, name="current"),
        path("contracts/<str:public_id>/", views.contract, name="contract"),
        path("contracts/<str:public_id>/sign/", views.sign, name="sign"),
        path("contracts/<str:public_id>/decline/", views.decline, name="decline"),
        path("contracts/<str:public_id>/end/", views.end, name="end"),
        path("contracts/<str:public_id>/versions/<int:number>/pdf/", views.pdf, name="pdf"),
    ]
)
