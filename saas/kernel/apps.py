from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "saas.kernel"
    label = "kernel"

    def ready(self) -> None:
        from . import checks, tasks  # noqa: F401  registers the start-up checks

        tasks.make_app()
