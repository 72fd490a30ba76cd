from django.apps import AppConfig


class RelayConfig(AppConfig):
    name = "tenants.relay"
    label = "relay"
