from django.apps import AppConfig


class NewsConfig(AppConfig):
    name = "cms.news"
    label = "cms_news"
