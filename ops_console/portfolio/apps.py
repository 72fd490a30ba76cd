from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    name = "ops_console.portfolio"
    label = "portfolio"
