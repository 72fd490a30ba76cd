from django.apps import AppConfig


class RefundsConfig(AppConfig):
    name = "ops_console.refunds"
    label = "console_refunds"
