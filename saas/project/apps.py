from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Makes the Celery application with the apps, so that every Django process can hand it work."""

    name = "saas.project"

    def ready(self) -> None:
        from . import celery  # noqa: F401  becomes the current application by being made
