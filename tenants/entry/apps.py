from django.apps import AppConfig


class EntryConfig(AppConfig):
    name = "tenants.entry"
    label = "entry"
