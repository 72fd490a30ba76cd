"""Makes a deal with units for everybody at Riverside Noodles and signs a clerk in; prints both. A process of its own, with settings."""

import json

import django

django.setup()

from importlib import import_module  # noqa: E402

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402

from saas.accounts.models import User  # noqa: E402
from saas.kernel import clock  # noqa: E402
from tenants.isolation.entrance import inside  # noqa: E402
from tenants.registry.models import Tenant  # noqa: E402
from tests.factories import shop  # noqa: E402

riverside = Tenant.objects.get(slug="riverside")
with inside(riverside):
    deal = shop.a_deal(now=clock.now(), price_minor=2400, units_total=1_000_000, refund_policy="any_time")
    clerk = User.objects.filter(groups__name="Owner").first() or User.objects.filter(is_superuser=True)[0]
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(clerk.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = clerk.get_session_auth_hash()
    session.save()
    told = {
        "slug": deal.slug,
        "price_minor": deal.price_minor,
        "store": deal.stores.get().public_id,
        "session": session.session_key,
    }
print(json.dumps(told))
