"""The WSGI entry point: `gunicorn saas.project.wsgi:application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from saas.project.proxies import BehindProxies
from tenants.footfall.counting import Footfall
from tenants.frontcache.front import FrontCache
from tenants.frontcache.turns import FairTurns
from tenants.isolation import probes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.project.settings.production")
product = get_wsgi_application()
probes.before_start()
application = BehindProxies(Footfall(FrontCache(FairTurns(product))), settings.PROXY_NETWORKS)
