from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "storefront.home"
    label = "home"
