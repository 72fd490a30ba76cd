from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "ops_console.services"
    label = "console_services"
