"""The merchant's pages of the content calendar, under /manage/hosting/."""

from django.urls import path

from cms.backoffice.hanging import hung

from . import merchant_views as views

app_name = "hosting_posts"
urlpatterns = hung(
    [
        path("content/", views.index, name="index"),
        path("content/<str:public_id>/", views.show, name="post"),
        path("content/<str:public_id>/answer/", views.answer, name="answer"),
        path("content/<str:public_id>/picture/", views.picture, name="picture"),
        path("content/<str:public_id>/notice/", views.take_down, name="notice"),
    ]
)
