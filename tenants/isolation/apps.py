from django.apps import AppConfig


class IsolationConfig(AppConfig):
    name = "tenants.isolation"
    label = "isolation"

    def ready(self) -> None:
        from . import checks, contenttypes  # noqa: F401  registers the checks

        contenttypes.separate_by_schema()
