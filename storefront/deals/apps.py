from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "storefront.deals"
    label = "deals"
