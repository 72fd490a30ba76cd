from django.apps import AppConfig


class MandatesConfig(AppConfig):
    name = "ops_console.mandates"
    label = "mandates"
