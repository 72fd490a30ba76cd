from django.apps import AppConfig


class RefundsConfig(AppConfig):
    name = "storefront.refunds"
    label = "refunds"
