from django.apps import AppConfig


class FootfallConfig(AppConfig):
    name = "tenants.footfall"
    label = "footfall"
