from django.apps import AppConfig


class RolloutConfig(AppConfig):
    name = "tenants.rollout"

    def ready(self) -> None:
        """Load the checks of migrations, and the executor, which django-tenants finds among its base's subclasses."""
        from . import checks, executor  # noqa: F401  importing registers them
