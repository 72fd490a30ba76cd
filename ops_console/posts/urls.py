from django.urls import path

from . import channel_views, views

app_name = "console_posts"
urlpatterns = [
    path("content/", views.index, name="index"),
    path("content/new/", views.write, name="write"),
    path("content/<str:public_id>/", views.show, name="post"),
    path("content/<str:public_id>/edit/", views.edit, name="edit"),
    path("content/<str:public_id>/answer/", views.answer, name="answer"),
    path("content/<str:public_id>/schedule/", views.schedule, name="schedule"),
    path("content/<str:public_id>/confirm/", views.confirm, name="confirm"),
    path("content/<str:public_id>/picture/", views.picture, name="picture"),
    path("content/<str:public_id>/do/<slug:verb>/", views.act, name="act"),
    path("malls/<str:public_id>/channels/", channel_views.index, name="channels"),
    path("malls/<str:public_id>/channels/add/<slug:kind>/", channel_views.add, name="channel_add"),
    path("malls/<str:public_id>/channels/<str:channel>/", channel_views.change, name="channel"),
    path("malls/<str:public_id>/channels/<str:channel>/close/", channel_views.close, name="channel_close"),
]
