from django.urls import path

from . import views

app_name = "entry"
urlpatterns = [
    path("enter/<str:token>/", views.enter, name="enter"),
    path("visit/", views.show_visits, name="visits"),
    path("visit/end/", views.end, name="end"),
    path("visit/<str:public_id>/end/", views.put_out, name="put_out"),
]
