from django.apps import AppConfig


class TermsConfig(AppConfig):
    name = "ops_console.terms"
    label = "console_terms"
