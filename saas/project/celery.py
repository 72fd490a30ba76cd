"""The Celery application: `celery -A saas.project.celery worker`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.project.settings.production")

from saas.kernel.tasks import make_app

app = make_app()
