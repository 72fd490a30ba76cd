from django.apps import AppConfig


class PackagesConfig(AppConfig):
    name = "billing.packages"
    label = "packages"
