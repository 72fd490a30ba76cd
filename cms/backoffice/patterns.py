"""The addresses of the back office's own pages, below /manage/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
