from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "saas.kernel.outbox"
    label = "outbox"
