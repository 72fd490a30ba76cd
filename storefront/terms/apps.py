from django.apps import AppConfig


class TermsConfig(AppConfig):
    name = "storefront.terms"
    label = "terms"
