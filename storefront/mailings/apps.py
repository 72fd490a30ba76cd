from django.apps import AppConfig


class MailingsConfig(AppConfig):
    name = "storefront.mailings"
    label = "mailings"
