"""The product's settings for a worker of the zoo: a queue of its own, results for chords, and a beat of a second."""

import os

from saas.project.settings.development import *  # noqa: F403  settings
from saas.project.settings.development import REDIS_URL

CELERY_TASK_DEFAULT_QUEUE = os.environ["ZOO_QUEUE"]
CELERY_TASK_ROUTES: dict[str, object] = {}
CELERY_RESULT_BACKEND = REDIS_URL
CELERY_BEAT_SCHEDULE = {
    "platform": {"task": "t6.where", "schedule": 1.0, "kwargs": {"run": "beat", "step": "platform"}},
    "malls": {
        "task": "tenants.relay.in_every_mall",
        "schedule": 1.0,
        "kwargs": {"name": "t6.beats"},
    },
}
