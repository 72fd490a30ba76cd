"""The connectors that the settings name."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from .base import Connector


@cache
def _made(path: str) -> Connector:
    found: Connector = import_string(path)()
    return found


def kinds() -> dict[str, Connector]:
    """Return every kind of channel with its connector, in the order of the settings."""
    return {kind: _made(path) for kind, path in settings.POST_CONNECTORS.items()}


def connector_of(kind: str) -> Connector:
    """
    Return the connector of a kind of channel.

    :raises KeyError: the settings name none (a plug-in was taken away); its posts stay and cannot be sent
    """
    return _made(settings.POST_CONNECTORS[kind])
