"""Settings that hold everywhere. Every value that an operator may change is read from the environment."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from environs import Env

from saas import VERSION

from .leaving import *
from .promotions import *
from .schedule import CELERY_BEAT_SCHEDULE  # noqa: F401  a setting
from .trimming import *

env = Env()
BASE_DIR = Path(__file__).resolve().parents[3]
STATE_DIR = Path(env.str("HUTONG_STATE", str(BASE_DIR / ".hutong")))

SECRET_KEY = env.str("SECRET_KEY")
# Values that it had before, newest first: what they signed stays valid (docs/runbooks/rotate-secrets.md).
SECRET_KEY_FALLBACKS: list[str] = env.list("HUTONG_SECRET_KEY_FALLBACKS", [])
DEBUG = False
PRODUCT_VERSION = VERSION

# --- Where the product is reached -------------------------------------------------------------------------------------
# The platform answers at BASE_DOMAIN, a mall at <slug>.BASE_DOMAIN or its own domain. Which hosts exist is decided by
# the registry's rows, so Django's own list lets every name through and the mall middleware refuses the unknown ones.
BASE_DOMAIN = env.str("HUTONG_BASE_DOMAIN", "localhost")
PUBLIC_SCHEME = env.str("HUTONG_SCHEME", "https")
PUBLIC_PORT = env.str("HUTONG_PUBLIC_PORT", "")
PLATFORM_HOSTS = env.list("HUTONG_PLATFORM_HOSTS", ["127.0.0.1"])
ALLOWED_HOSTS = ["*"]
USE_X_FORWARDED_HOST = False
# Networks of the proxies in front: only they are believed when they say who asks and over what.
PROXY_NETWORKS: list[str] = env.list("HUTONG_PROXY_NETWORKS", [])

# --- Apps and the schema that holds their tables ----------------------------------------------------------------------
# The first list lives in `public`, the second in every mall; what stands in both has tables in both and never shares rows.
_BOTH = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "saas.accounts",
    "saas.audit",
    "allauth.account",
    "allauth.mfa",
]
SHARED_APPS = [
    *_BOTH,
    "django_tenants",
    "tenants.registry",
    "tenants.rollout",
    "tenants.provisioning",
    "tenants.relay",
    "tenants.heldwork",
    "tenants.archives",
    "tenants.erasure",
    "tenants.domains",
    "billing.ledger",
    "billing.gateway",
    "billing.payouts",
    "billing.settlements",
    "billing.statements",
    "billing.reconciliation",
    "billing.packages",
    "ops_console.mandates",
    "ops_console.disputes",
    "ops_console.health",
]
TENANT_APPS = [
    *_BOTH,
    "saas.kernel.outbox",
    "tenants.entry",
    "storefront.stores",
    "storefront.catalog",
    "storefront.terms",
    "storefront.deals",
    "storefront.payments",
    "storefront.orders",
    "storefront.promotions",
    "storefront.vouchers",
    "storefront.refunds",
    "storefront.disputes",
    "cms.media",
    "cms.theming",
    "cms.pages",
    "wagtail.images",
    "wagtail.documents",
    "wagtail.search",
    "wagtail.users",
    "wagtail.sites",
    "wagtail.contrib.settings",
    "wagtail.admin",
    "wagtail",
    "taggit",
]
# Code without tables.
_TABLELESS_APPS = [
    "saas.project",
    "saas.kernel",
    "saas.ui",
    "saas.mailroom",
    "tenants.frontcache",
    "tenants.isolation",
    "tenants.longwork",
    "tenants.signup",
    "storefront.checkout",
    "storefront.counter",
    "storefront.home",
    "storefront.shoppers",
    "cms.blocks",
    "cms.kits",
    "cms.backoffice",
    "ops_console.portfolio",
    "ops_console.terms",
    "ops_console.promotions",
    "ops_console.packages",
    "ops_console.finance",
    "ops_console.statements",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "modelcluster",
    "wagtail.snippets",
    "django_htmx",
    "lucide",
    "csp",
    "phonenumber_field",
]
# cms.backoffice and cms.media come before Wagtail so that their templates win.
INSTALLED_APPS = list(
    dict.fromkeys(
        [
            *SHARED_APPS,
            *(app for app in TENANT_APPS if not app.startswith("wagtail")),
            *_TABLELESS_APPS,
            *TENANT_APPS,
        ]
    )
)
TENANT_MODEL = "registry.Tenant"
TENANT_DOMAIN_MODEL = "registry.Domain"
PUBLIC_SCHEMA_NAME = "public"
PG_EXTRA_SEARCH_PATHS = ["extensions"]
# That check asks the database while the apps load; schema names of malls are generated and cannot be "extensions".
SKIP_PG_EXTRA_VALIDATION = True
PUBLIC_SCHEMA_URLCONF = "saas.project.urls_platform"
ROOT_URLCONF = "saas.project.urls_mall"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]

# --- Databases --------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": {
        **env.dj_db_url("DATABASE_URL"),
        "ENGINE": "tenants.isolation.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": "-c lock_timeout=4s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
        },
    }
}
# The role that owns the platform's tables. Only migrations of `public` connect with it.
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", env.str("DATABASE_URL"))
# A backend keeps up to 2 MB for each mall that it has served until it ends; after so many malls its connection is closed, which
# keeps it below 64 MB (./hutong bench malls).
DATABASE_BACKEND_MALLS = env.int("HUTONG_DATABASE_BACKEND_MALLS", 25)
# How long a process may believe what it knows of the registry; within it a suspended mall stops selling everywhere.
REGISTRY_POLL_S = 0.5
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache, tasks -----------------------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL")
CACHES: dict[str, dict[str, Any]] = {
    alias: {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "tenants.isolation.cache.make_key",
        "KEY_PREFIX": prefix,
        "TIMEOUT": 300,
    }
    for alias, prefix in {"default": "c", "renditions": "r"}.items()
}
# Pages for everybody, kept in front of Django; see tenants.frontcache. Off, every page is made anew.
FRONT_CACHE = env.bool("HUTONG_PAGE_CACHE", True)
# Bytes of pages that one process keeps.
FRONT_CACHE_BYTES = env.int("HUTONG_PAGE_CACHE_MB", 64) * 1024 * 1024
# Seconds between a process's questions whether a mall's pages have changed.
FRONT_CACHE_POLL_S = env.float("HUTONG_PAGE_CACHE_POLL_S", 0.25)
# Requests that one process answers at once by Django (0: as many as the server has threads), how many of them one host may
# have, and how many of one host may wait before the next are asked to come again. The server needs more threads than these.
FRONT_TURNS = env.int("HUTONG_TURNS", 4)
FRONT_TURNS_PER_HOST = env.int("HUTONG_TURNS_PER_HOST", 2)
FRONT_TURNS_WAITING = env.int("HUTONG_TURNS_WAITING", 12)
# Apps of a mall whose rows pages show: a write to one of their tables makes the mall's pages anew.
FRONT_CACHE_APPS = [
    "stores",
    "catalog",
    "deals",
    "terms",
    "cms_media",
    "cms_pages",
    "cms_theming",
    "wagtailcore",
    "wagtailimages",
]
# Enters the schema that a task was sent from; see saas.kernel.tasks.
TASK_SCOPE = "tenants.isolation.tasks.task_scope"
# Keeps what that schema does not take now.
TASK_KEEPER = "tenants.heldwork.operations.hold"
# Asked before a worker or beat starts; what it raises is the refusal.
TASK_START = "tenants.isolation.probes.before_start"
TASK_SCHEMA = "tenants.isolation.tasks.sending_schema"
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
# Long work has a queue and a worker of its own, so that a payment never waits behind pictures.
CELERY_TASK_ROUTES = {
    name: {"queue": "background"}
    for name in (
        "cms.media.*",
        "cms.pages.*",
        "storefront.catalog.*",
        "tenants.provisioning.*",
        "tenants.archives.*",
        "tenants.erasure.*",
    )
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task whose worker was killed comes back after the visibility timeout; kombu sweeps every interval x throttle.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}

# --- What a left layer offers to a right one, by name (checked at start) ------------------------------------------------
# Events of a mall's outbox -> functions of the platform, called with the event.
OUTBOX_SUBSCRIBERS: dict[str, list[str]] = {
    "order.paid": ["billing.ledger.subscribers.order_paid", "billing.settlements.subscribers.order_paid"],
    "voucher.redeemed": [
        "billing.ledger.subscribers.voucher_redeemed",
        "billing.settlements.subscribers.voucher_redeemed",
    ],
    # Settlements first bring an earning back to where the ledger takes it from.
    "voucher.redemption_undone": [
        "billing.settlements.subscribers.redemption_undone",
        "billing.ledger.subscribers.redemption_undone",
    ],
    "voucher.refunded": ["billing.ledger.subscribers.voucher_refunded"],
    "voucher.refund_failed": [
        "billing.settlements.subscribers.refund_failed",
        "billing.ledger.subscribers.refund_failed",
    ],
    "voucher.lapsed": ["billing.ledger.subscribers.voucher_lapsed"],
    "redemption.refunded": [
        "billing.settlements.subscribers.redemption_refunded",
        "billing.ledger.subscribers.redemption_refunded",
    ],
    "dispute.changed": [
        "billing.settlements.subscribers.dispute_changed",
        "ops_console.disputes.subscribers.dispute_changed",
    ],
    "dispute.opened": ["billing.ledger.subscribers.dispute_opened"],
    "dispute.won": ["billing.ledger.subscribers.dispute_won"],
    "dispute.lost": ["billing.settlements.subscribers.dispute_lost", "billing.ledger.subscribers.dispute_lost"],
    "payment.unassigned": ["billing.ledger.subscribers.payment_unassigned"],
    "payment.returned": ["billing.ledger.subscribers.payment_returned"],
    "payment.return_failed": ["billing.ledger.subscribers.payment_return_failed"],
    "refund.trouble": ["ops_console.portfolio.subscribers.refund_trouble"],
    "agency.acted": ["ops_console.mandates.subscribers.agency_acted"],
    "promotion.answered": ["ops_console.promotions.operations.promotion_answered"],
    "terms.answered": ["ops_console.terms.operations.terms_answered"],
    "agency.left": ["ops_console.mandates.subscribers.agency_left"],
}
# Stripe events -> tasks of a mall, sent into the mall that the payment reference names.
STRIPE_EVENT_TASKS: dict[str, str] = {
    "checkout.session.completed": "storefront.checkout.payment_changed",
    "checkout.session.async_payment_succeeded": "storefront.checkout.payment_changed",
    "checkout.session.async_payment_failed": "storefront.checkout.payment_changed",
    "checkout.session.expired": "storefront.checkout.payment_changed",
    "refund.created": "storefront.refunds.refund_changed",
    "refund.updated": "storefront.refunds.refund_changed",
    "refund.failed": "storefront.refunds.refund_changed",
    "charge.dispute.created": "storefront.disputes.dispute_changed",
    "charge.dispute.updated": "storefront.disputes.dispute_changed",
    "charge.dispute.funds_withdrawn": "storefront.disputes.dispute_changed",
    "charge.dispute.funds_reinstated": "storefront.disputes.dispute_changed",
    "charge.dispute.closed": "storefront.disputes.dispute_changed",
}
# Stripe events -> tasks of the platform, sent with kind, object_id, tenant_schema, account_id and payment_reference ("" where
# the event is about no try to pay). A mall's task above gets kind, object_id and payment_reference.
STRIPE_PLATFORM_TASKS: dict[str, list[str]] = {
    "account.updated": ["billing.gateway.account_changed"],
    "account.application.deauthorized": ["billing.gateway.account_changed"],
    "capability.updated": ["billing.gateway.account_changed"],
    "payout.created": ["billing.payouts.payout_changed"],
    "payout.updated": ["billing.payouts.payout_changed"],
    "payout.paid": ["billing.payouts.payout_changed"],
    "payout.failed": ["billing.payouts.payout_changed"],
    "customer.subscription.created": ["billing.packages.subscription_changed"],
    "customer.subscription.updated": ["billing.packages.subscription_changed"],
    "customer.subscription.deleted": ["billing.packages.subscription_changed"],
    "invoice.finalized": ["billing.packages.invoice_changed"],
    "invoice.paid": ["billing.packages.invoice_changed"],
    "invoice.payment_failed": ["billing.packages.invoice_changed"],
    "invoice.updated": ["billing.packages.invoice_changed"],
    "invoice.voided": ["billing.packages.invoice_changed"],
    "invoice.marked_uncollectible": ["billing.packages.invoice_changed"],
}

# --- Requests ---------------------------------------------------------------------------------------------------------
MIDDLEWARE = [
    "tenants.isolation.middleware.MallMiddleware",
    "saas.kernel.middleware.MetricsMiddleware",
    "tenants.frontcache.middleware.FrontCacheMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tenants.domains.middleware.PrimaryDomainMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "saas.accounts.middleware.ActorMiddleware",
    "tenants.entry.middleware.AgencyVisitMiddleware",
    "saas.kernel.middleware.DomainErrorMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "saas.project.context.platform",
                "tenants.entry.context.agency_visit",
                "cms.theming.context.mall",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
WSGI_APPLICATION = "saas.project.wsgi.application"
APPEND_SLASH = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Security ---------------------------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"

# --- People -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# allauth's, with the limits of the agency's people in malls.
AUTHENTICATION_BACKENDS = ["tenants.entry.permissions.Backend"]
# The first hashes; the others verify what older releases kept, which is hashed anew at the next sign-in.
PASSWORD_HASHERS = [
    "saas.accounts.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/account/"
ACCOUNT_ADAPTER = "saas.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# What allauth's own sign-up would ask; ours is asking for a code (saas.accounts.views). The password's being named here
# keeps it on the login page.
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*"]
ACCOUNT_FORMS = {
    "login": "saas.accounts.forms.PasswordLoginForm",
    "confirm_login_code": "saas.accounts.forms.ConfirmCodeForm",
    "verify_phone": "saas.accounts.forms.VerifyPhoneForm",
}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 10 * 60
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_EMAIL_VERIFICATION = "optional"
# Keys of confirmation links are rows of the mall; signed ones would open the same row number in every mall.
ACCOUNT_EMAIL_CONFIRMATION_HMAC = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "saas.accounts.tokens.ResetTokenGenerator"  # noqa: S105  a class, no password
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# REMOTE_ADDR is the client's own already, see saas.project.proxies.
ALLAUTH_TRUSTED_PROXY_COUNT = 0
MFA_ADAPTER = "saas.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
# Shoppers prove their address by the code that lets them in; staff's was given by the owner or the agency.
MFA_ALLOW_UNVERIFIED_EMAIL = True
PHONENUMBER_DEFAULT_REGION = env.str("HUTONG_PHONE_REGION", "US")

# --- Languages and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "saas" / "project" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# --- Files ------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.str("HUTONG_STATIC_ROOT", str(BASE_DIR / "staticfiles"))
MEDIA_URL = "/media/"
MEDIA_ROOT = env.str("HUTONG_MEDIA_ROOT", str(STATE_DIR / "media"))
# Where base backups are laid (infra/backup/), for the doctor to see how old the newest is.
BACKUP_DIR = env.str("HUTONG_BACKUP_DIR", "")
S3_BUCKET = env.str("HUTONG_S3_BUCKET", "")
_s3 = {
    "BACKEND": "tenants.isolation.storage.MallS3Storage",
    "OPTIONS": {
        "bucket_name": S3_BUCKET,
        "endpoint_url": env.str("HUTONG_S3_ENDPOINT", None),
        "region_name": env.str("HUTONG_S3_REGION", None),
        "access_key": env.str("HUTONG_S3_ACCESS_KEY", None),
        "secret_key": env.str("HUTONG_S3_SECRET_KEY", None),
        "querystring_auth": True,
        "file_overwrite": False,
    },
}
# Hosts ("pictures.example:8080") on the operator's own network from which imports may fetch pictures; others must be public.
PICTURE_HOSTS: list[str] = env.list("HUTONG_PICTURE_HOSTS", [])
STORAGES = {
    "default": _s3 if S3_BUCKET else {"BACKEND": "tenants.isolation.storage.MallFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- Wagtail ----------------------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Hutong"
WAGTAILADMIN_BASE_URL = ""
WAGTAILIMAGES_IMAGE_MODEL = "cms_media.MallImage"
WAGTAILIMAGES_IMAGE_FORM_BASE = "cms.media.forms.PictureForm"
WAGTAILIMAGES_AVIF_QUALITY = 60
WAGTAILIMAGES_WEBP_QUALITY = 78
# What `python -m cms.kits.artwork.draw` made of the product's own drawings, so that no mall has to.
DRAWN_RENDITIONS = BASE_DIR / "cms" / "kits" / "artwork" / "renditions"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 15 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 50_000_000
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILADMIN_LOGIN_URL = "account_login"
# Passwords, addresses and the second factor are changed under /account/, which knows all of them.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_USER_TIME_ZONES: list[str] = []
WAGTAIL_I18N_ENABLED = False
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []
WAGTAIL_WORKFLOW_ENABLED = False
WAGTAIL_MODERATION_ENABLED = False
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
TAGGIT_CASE_INSENSITIVE = True

# --- Stripe -----------------------------------------------------------------------------------------------------------
STRIPE_API_BASE = env.str("STRIPE_API_BASE", "https://api.stripe.com")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", "")
# Signing secrets of the two endpoints, /stripe/events/ and /stripe/connect-events/; two each while one is being changed.
STRIPE_WEBHOOK_SECRETS: list[str] = env.list("STRIPE_WEBHOOK_SECRET", [])
STRIPE_CONNECT_WEBHOOK_SECRETS: list[str] = env.list("STRIPE_CONNECT_WEBHOOK_SECRET", [])
# Minutes that a shopper has to pay. Stripe's hosted page cannot expire sooner than 30 minutes after it is opened.
CHECKOUT_HOLD_MINUTES = env.int("HUTONG_CHECKOUT_HOLD_MINUTES", 35)
# Tries to buy and to pay that one client may make in an hour, over all malls.
CHECKOUTS_PER_HOUR = env.int("HUTONG_CHECKOUTS_PER_HOUR", 120)

# Says what a mall's own rows know of money, called inside the mall with since.
MALL_MONEY_FACTS = "storefront.vouchers.facts.money_facts"
# A settlement run above this sum, in minor units of whatever currency, needs a second person's approval.
SETTLEMENT_SECOND_PERSON_MINOR = env.int("HUTONG_SECOND_PERSON_MINOR", 1_000_000)
# cn, us, eu or other for all malls; empty: by each mall's currency. See billing.jurisdictions.
JURISDICTION = env.str("HUTONG_JURISDICTION", "")

# Days between the notice that a service package is past due and the day from which no deals can be published.
PACKAGE_NOTICE_DAYS = env.int("HUTONG_PACKAGE_NOTICE_DAYS", 14)

# --- Refunds ----------------------------------------------------------------------------------------------------------
# Days that a merchant has to answer a shopper who asks for the money of a used voucher, and what happens without an answer (X5):
# "refund" or "decline".
REFUND_DECISION_DAYS = env.int("HUTONG_REFUND_DECISION_DAYS", 3)
REFUND_UNANSWERED = env.str("HUTONG_REFUND_UNANSWERED", "refund")

# --- Vouchers ---------------------------------------------------------------------------------------------------------
# Minutes in which a redemption can be undone. The merchant's money is pending for as long.
VOUCHER_UNDO_MINUTES = env.int("HUTONG_VOUCHER_UNDO_MINUTES", 60)
# Values that SECRET_KEY had while vouchers that still stand were issued, newest first: their codes are derived from it.
VOUCHER_KEY_FALLBACKS: list[str] = env.list("HUTONG_VOUCHER_KEY_FALLBACKS", [])

# --- Mail and text messages -------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env.str("HUTONG_FROM_EMAIL", "Hutong <no-reply@localhost>")
MAIL_DIRECTORY = Path(env.str("HUTONG_MESSAGES_DIR", str(STATE_DIR / "messages")))
EMAIL_BACKEND = env.str("HUTONG_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
SMS_BACKEND = env.str("HUTONG_SMS_BACKEND", "saas.mailroom.backends.RefusingSmsBackend")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("HUTONG_LOG_LEVEL", "INFO")},
}

# --- Content-Security-Policy ------------------------------------------------------------------------------------------
# No inline script or style. Chromium applies form-action to the redirect that follows a form, so the hosted payment
# page's origin is named. Wagtail's admin needs more and gets its own header in tenants.isolation.middleware.
CHECKOUT_ORIGINS = env.list("STRIPE_CHECKOUT_ORIGINS", ["https://checkout.stripe.com"])
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "EXCLUDE_URL_PREFIXES": ["/manage/"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        # The platform's forms lead into malls.
        "form-action": ["'self'", f"{PUBLIC_SCHEME}://*.{BASE_DOMAIN}", *CHECKOUT_ORIGINS],
        "frame-ancestors": ["'self'"],
    },
}
ADMIN_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)

# --- Leaving, coming back, own domains: the rest stands in leaving.py --------------------------------------------------
# Where archives are put together and taken apart; needs as much space as the largest mall. Not shared between machines.
ARCHIVE_WORK_FOLDER = env.str("HUTONG_ARCHIVE_WORK_FOLDER", str(STATE_DIR / "work"))

# --- Opening malls ----------------------------------------------------------------------------------------------------
# Fills a new mall with its starter kit, called inside the mall with tenant, opening and now.
MALL_PLANTER = "cms.kits.operations.plant"
# Puts what every mall starts with into the template, called inside it before it is recorded.
MALL_TEMPLATE_FINISHER = "cms.kits.template.finish"
# Brings what code defines (roles) into malls that stand, called inside each when its module has changed. Repeatable.
MALL_REFRESHER = "cms.backoffice.roles.ensure_roles"
# Malls that one client may open in an hour.
SIGN_UPS_PER_HOUR = env.int("HUTONG_SIGN_UPS_PER_HOUR", 20)
# Schemas kept ready for the next sign-ups.
MALL_POOL_SIZE = env.int("HUTONG_POOL_SIZE", 4)
DEVELOPMENT_PAGES = False
# Lets Prometheus read /internal/metrics as "Authorization: Bearer …"; without a token nobody may. Malls by name in it, at most.
METRICS_TOKEN = env.str("HUTONG_METRICS_TOKEN", "")
METRICS_MALLS = env.int("HUTONG_METRICS_MALLS", 50)
