from django.urls import path

from . import views

app_name = "mandates"
urlpatterns = [
    path("visits/", views.list_visits, name="visits"),
    path("visits/<str:public_id>/", views.show_visit, name="visit"),
    path("visits/<str:public_id>/end/", views.end_visit, name="end"),
    path("visits/<str:public_id>/come-back/", views.come_back, name="come_back"),
    path("second-yes/", views.list_asked, name="asked"),
    path("second-yes/<str:approval>/", views.answer, name="answer"),
    path("second-yes/<str:approval>/again/", views.ask_again, name="ask_again"),
    path("malls/<str:public_id>/open/", views.open_mall, name="open"),
]
