from django.apps import AppConfig


class HeldWorkConfig(AppConfig):
    name = "tenants.heldwork"
    label = "heldwork"
