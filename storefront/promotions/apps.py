from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    name = "storefront.promotions"
    label = "promotions"
