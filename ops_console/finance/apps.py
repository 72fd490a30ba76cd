from django.apps import AppConfig


class FinanceConfig(AppConfig):
    name = "ops_console.finance"
    label = "console_finance"
