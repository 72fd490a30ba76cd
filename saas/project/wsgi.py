"""The WSGI entry point: `gunicorn saas.project.wsgi:application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from saas.project.proxies import BehindProxies
from tenants.frontcache.front import FrontCache
from tenants.frontcache.turns import FairTurns

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.project.settings.production")
application = BehindProxies(FrontCache(FairTurns(get_wsgi_application())), settings.PROXY_NETWORKS)
