"""A deployment in the open: TLS in front, real Stripe or its test mode, mail through a server."""

from django.core.exceptions import ImproperlyConfigured

from .base import *
from .base import (
    BASE_DOMAIN,
    DOMAIN_PROOF_LOOPBACK_PORT,
    SECRET_KEY,
    STORAGES,
    STRIPE_API_BASE,
    STRIPE_CONNECT_WEBHOOK_SECRETS,
    STRIPE_SECRET_KEY,
    STRIPE_WEBHOOK_SECRETS,
    env,
)

DEVELOPMENT_PAGES = False
# Over plain HTTP only the probes and the proxy's own questions are answered; the proxy says what it received over TLS, and is
# believed where HUTONG_PROXY_NETWORKS names it (saas.project.proxies).
SECURE_SSL_REDIRECT = env.bool("HUTONG_REDIRECT_TO_HTTPS", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^internal/", r"^\.well-known/hutong-domain$"]
# Malls' own domains are not ours to promise for: no includeSubDomains, no preload.
SECURE_HSTS_SECONDS = env.int("HUTONG_HSTS_SECONDS", 60 * 60 * 24 * 30)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
# Mail goes out by this server, over TLS that starts on the submission port.
EMAIL_HOST = env.str("HUTONG_SMTP_HOST", "localhost")
EMAIL_PORT = env.int("HUTONG_SMTP_PORT", 587)
EMAIL_HOST_USER = env.str("HUTONG_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.str("HUTONG_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env.bool("HUTONG_SMTP_TLS", True)
EMAIL_TIMEOUT = 20
# Compressed and named by their content when the image is built.
STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}

if len(SECRET_KEY) < 40:
    raise ImproperlyConfigured(
        "SECRET_KEY must be at least 40 random characters; it signs links and derives voucher codes."
    )
if BASE_DOMAIN == "localhost":
    raise ImproperlyConfigured("Set HUTONG_BASE_DOMAIN to the platform's domain; malls answer at names under it.")
if STRIPE_API_BASE != "https://api.stripe.com":
    raise ImproperlyConfigured("STRIPE_API_BASE must be Stripe's own address in production; unset it.")
if DOMAIN_PROOF_LOOPBACK_PORT:
    raise ImproperlyConfigured(
        "Unset HUTONG_DOMAIN_PROOF_LOOPBACK_PORT: with it a claim's check could reach this machine."
    )
if not STRIPE_SECRET_KEY:
    raise ImproperlyConfigured("Set STRIPE_SECRET_KEY to the platform account's secret key.")
if not STRIPE_WEBHOOK_SECRETS:
    raise ImproperlyConfigured("Set STRIPE_WEBHOOK_SECRET to the signing secret of the endpoint /stripe/events/.")
if not STRIPE_CONNECT_WEBHOOK_SECRETS:
    raise ImproperlyConfigured(
        "Set STRIPE_CONNECT_WEBHOOK_SECRET to the signing secret of the Connect endpoint /stripe/connect-events/."
    )
