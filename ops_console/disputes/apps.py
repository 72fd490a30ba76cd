from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "ops_console.disputes"
    label = "console_disputes"
