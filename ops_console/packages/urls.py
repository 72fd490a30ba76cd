from django.urls import path, re_path

from . import mall_views, usage_views, views

app_name = "console_packages"
urlpatterns = [
    path("packages/", views.index, name="index"),
    path("packages/new/", views.add_package, name="package_add"),
    path("packages/<str:public_id>/retire/", views.retire_package, name="package_retire"),
    path("modules/new/", views.add_module, name="module_add"),
    path("modules/<str:public_id>/prices/new/", views.add_price, name="price_add"),
    path("prices/<str:public_id>/retire/", views.retire_price, name="price_retire"),
    path("malls/<str:public_id>/services/", mall_views.index, name="mall"),
    path("malls/<str:public_id>/services/offer/", mall_views.offer, name="offer"),
    path("malls/<str:public_id>/services/<str:subscription>/item/", mall_views.add_item, name="item"),
    path("malls/<str:public_id>/services/invoices/<str:invoice>/credit/", mall_views.credit, name="credit"),
    re_path(
        r"^malls/(?P<public_id>\w+)/services/(?P<kind>invoices|credits)/(?P<number>\w+)/pdf/$",
        mall_views.paper,
        name="paper",
    ),
    path("malls/<str:public_id>/services/<str:subscription>/usage/", usage_views.index, name="usage"),
    path(
        "malls/<str:public_id>/services/<str:subscription>/usage/<int:record>/",
        usage_views.take_off,
        name="take_off",
    ),
    re_path(
        r"^malls/(?P<public_id>\w+)/services/(?P<subscription>\w+)/(?P<verb>withdraw|end|keep)/$",
        mall_views.act,
        name="act",
    ),
]
