from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "billing.gateway"
    label = "gateway"
