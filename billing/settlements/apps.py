from django.apps import AppConfig


class SettlementsConfig(AppConfig):
    name = "billing.settlements"
    label = "settlements"
