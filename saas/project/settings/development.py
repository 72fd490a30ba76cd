"""The embedded run of `./hutong up`: everything on one machine, nothing leaves it."""

from .base import *
from .base import BASE_DOMAIN, CONTENT_SECURITY_POLICY, INSTALLED_APPS, STRIPE_API_BASE, TENANT_APPS, env

DEBUG = env.bool("HUTONG_DEBUG", False)
PUBLIC_SCHEME = "http"
PUBLIC_PORT = env.str("HUTONG_PORT", "8000")
# Pages for developers: the mail page, the gallery of components.
DEVELOPMENT_PAGES = True
EMAIL_BACKEND = "saas.mailroom.backends.FileEmailBackend"
SMS_BACKEND = "saas.mailroom.backends.FileSmsBackend"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = env.bool("HUTONG_DEBUG", False)
# The sandbox's pay page and every mall are on this machine; the form that leads from one to the other crosses origins.
_local = [f"http://{BASE_DOMAIN}:*", f"http://*.{BASE_DOMAIN}:*", "http://127.0.0.1:*", STRIPE_API_BASE]
CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += _local
# Browsers allow passkeys on localhost without TLS.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
# Benchmarks and tests open malls by the dozen from one address.
SIGN_UPS_PER_HOUR = 2000
CHECKOUTS_PER_HOUR = 1_000_000
# Apps that tests and benchmarks of the roll-out add to malls, as a next release would.
TENANT_APPS += env.list("HUTONG_TRIAL_APPS", [])
INSTALLED_APPS += env.list("HUTONG_TRIAL_APPS", [])
