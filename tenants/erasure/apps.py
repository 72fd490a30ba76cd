from django.apps import AppConfig


class ErasureConfig(AppConfig):
    name = "tenants.erasure"
    label = "erasure"
