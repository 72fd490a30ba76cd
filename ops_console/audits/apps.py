from django.apps import AppConfig


class AuditsConfig(AppConfig):
    name = "ops_console.audits"
    label = "audits"
