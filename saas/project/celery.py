"""The Celery application: `celery -A saas.project.celery worker`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.project.settings.production")

from saas.kernel.tasks import make_app  # noqa: E402  the settings module must be named first

app = make_app()
