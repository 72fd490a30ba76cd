"""The WSGI entry point: `gunicorn saas.project.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from tenants.frontcache.front import FrontCache

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.project.settings.production")
application = FrontCache(get_wsgi_application())
