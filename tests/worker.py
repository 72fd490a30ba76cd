"""A real worker process on the test's database, for the tests of what only a worker does."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings as django_settings

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def working(settings: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a worker on a queue of its own and let this process send to it; needs the fixture `committed`."""
    queue = f"test-{os.getpid()}"
    name = django_settings.DATABASES["default"]["NAME"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "saas.project.settings.development",
        "REDIS_URL": settings.REDIS_URL,
        "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl(),
    }
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "saas.project.celery", "worker"]
    command += ["-c", "1", "-Q", queue, "-l", "error", "--without-gossip", "--without-mingle", "-P", "solo"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment)
    conf = current_app.conf
    before = conf.task_always_eager, conf.task_default_queue, conf.task_routes
    settings.CELERY_TASK_ALWAYS_EAGER = False
    conf.update(task_always_eager=False, task_default_queue=queue, task_routes={})
    try:
        yield worker
    finally:
        eager, default_queue, routes = before
        conf.update(task_always_eager=eager, task_default_queue=default_queue, task_routes=routes)
        worker.terminate()
        worker.wait(30)
