from django.urls import path

from . import mall_views, trail_views, views

app_name = "portfolio"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("malls/", views.list_malls, name="malls"),
    path("malls/<str:public_id>/", mall_views.summary, name="mall"),
    path("malls/<str:public_id>/money/", mall_views.money_lines, name="money"),
    path("malls/<str:public_id>/visits/", mall_views.visits, name="visits"),
    path("malls/<str:public_id>/log/", mall_views.log, name="log"),
    path("malls/<str:public_id>/suspend/", mall_views.suspend, name="suspend"),
    path("malls/<str:public_id>/resume/", mall_views.resume, name="resume"),
    path("payments/", trail_views.payments, name="payments"),
    path("payments/<int:pk>/", trail_views.payment_event, name="payment_event"),
    path("payments/<int:pk>/replay/", trail_views.replay, name="replay"),
    path("audit/", trail_views.audit, name="audit"),
]
