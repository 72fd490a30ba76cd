"""Settings of a worker beside kills: what a killed one held comes back in half a minute, not in a quarter of an hour."""

from saas.project.settings.development import *  # noqa: F403

CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 30,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
}
