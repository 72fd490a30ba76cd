from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "ops_console.reports"
    label = "reports"
