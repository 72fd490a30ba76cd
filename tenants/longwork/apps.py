from django.apps import AppConfig


class LongworkConfig(AppConfig):
    name = "tenants.longwork"
    label = "longwork"
