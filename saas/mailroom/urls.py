from django.urls import path

from . import views

app_name = "mailroom"
urlpatterns = [
    path("", views.show_messages, name="messages"),
    path("<slug:message_id>/", views.show_message, name="message"),
    path("<slug:message_id>/html/", views.show_html, name="html"),
    path("<slug:message_id>/files/<int:number>/", views.download, name="file"),
]
