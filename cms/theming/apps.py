from django.apps import AppConfig


class ThemingConfig(AppConfig):
    name = "cms.theming"
    label = "cms_theming"
