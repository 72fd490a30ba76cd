"""
Settings that hold everywhere: apps, databases, cache, requests, languages, mail, opening. The rest is a file for each subject.

Every value that an operator may change is read from the environment.
"""

from pathlib import Path
from typing import Any

from saas import VERSION

from .events import *
from .files import *
from .frontcache import *
from .hosting import *
from .languages import *
from .leaving import *
from .money import *
from .people import *
from .places import *
from .places import STATE_DIR, env
from .posts import *
from .promotions import *
from .reports import *
from .schedule import CELERY_BEAT_SCHEDULE  # noqa: F401  a setting
from .security import *
from .tasks import *
from .tasks import REDIS_URL
from .trimming import *
from .wagtail import *

SECRET_KEY = env.str("SECRET_KEY")
# Values that it had before, newest first: what they signed stays valid (docs/runbooks/rotate-secrets.md).
SECRET_KEY_FALLBACKS: list[str] = env.list("HUTONG_SECRET_KEY_FALLBACKS", [])
DEBUG = False
PRODUCT_VERSION = VERSION

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
    "ops_console.contracts",
    "ops_console.work",
    "ops_console.audits",
    "ops_console.leads",
    "ops_console.reports",
    "ops_console.posts",
    "ops_console.disputes",
    "ops_console.refunds",
    "ops_console.health",
]
TENANT_APPS = [
    *_BOTH,
    "saas.kernel.outbox",
    "tenants.entry",
    "storefront.mailings",
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
    "cms.news",
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
    "tenants.footfall",
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
    "ops_console.people",
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

# --- Cache ------------------------------------------------------------------------------------------------------------
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
    "saas.accounts.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "saas.kernel.middleware.BodyLimitMiddleware",
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

# --- Time -----------------------------------------------------------------------------------------------
TIME_ZONE = "UTC"
USE_TZ = True

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
