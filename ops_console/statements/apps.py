from django.apps import AppConfig


class StatementsConfig(AppConfig):
    name = "ops_console.statements"
    label = "console_statements"
