from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    name = "ops_console.promotions"
    label = "console_promotions"
