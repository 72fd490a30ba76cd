from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "storefront.disputes"
    label = "disputes"
