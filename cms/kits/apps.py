from django.apps import AppConfig


class KitsConfig(AppConfig):
    name = "cms.kits"
    label = "cms_kits"
