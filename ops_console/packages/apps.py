from django.apps import AppConfig


class PackagesConfig(AppConfig):
    name = "ops_console.packages"
    label = "console_packages"
