from django.apps import AppConfig
from django.db.backends.signals import connection_created


class FrontCacheConfig(AppConfig):
    name = "tenants.frontcache"
    label = "frontcache"

    def ready(self) -> None:
        from . import watching

        connection_created.connect(watching.watch, dispatch_uid="tenants.frontcache")
