"""The design system as a Django app: templates, styles, tags and the gallery; no models."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Registers the components' templates, static files and template tags."""

    name = "saas.ui"
    label = "ui"
