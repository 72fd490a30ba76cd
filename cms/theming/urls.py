from django.urls import path

from . import views

app_name = "theming"
urlpatterns = [path("theme.css", views.theme_css, name="css")]
