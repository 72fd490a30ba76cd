"""A deployment in the open: TLS in front, real Stripe or its test mode, mail through a server."""

from django.core.exceptions import ImproperlyConfigured

from .base import *
from .base import STRIPE_API_BASE, STRIPE_CONNECT_WEBHOOK_SECRETS, STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRETS

DEVELOPMENT_PAGES = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 30
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"

if STRIPE_API_BASE != "https://api.stripe.com":
    raise ImproperlyConfigured("STRIPE_API_BASE must be Stripe's own address in production; unset it.")
if not STRIPE_SECRET_KEY:
    raise ImproperlyConfigured("Set STRIPE_SECRET_KEY to the platform account's secret key.")
if not STRIPE_WEBHOOK_SECRETS:
    raise ImproperlyConfigured("Set STRIPE_WEBHOOK_SECRET to the signing secret of the endpoint /stripe/events/.")
if not STRIPE_CONNECT_WEBHOOK_SECRETS:
    raise ImproperlyConfigured(
        "Set STRIPE_CONNECT_WEBHOOK_SECRET to the signing secret of the Connect endpoint /stripe/connect-events/."
    )
