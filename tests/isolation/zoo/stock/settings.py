"""The least that the stock parts need, configured as their documentation says."""

import os
from urllib.parse import urlsplit

_database = urlsplit(os.environ["ZOO_DATABASE_URL"])
SECRET_KEY = "one key for every mall"
USE_TZ = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.isolation.zoo.stock.urls_mall"
PUBLIC_SCHEMA_URLCONF = "tests.isolation.zoo.stock.urls_platform"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.sites",
    "wagtail.contrib.forms",
    "wagtail.images",
    "wagtail.documents",
    "wagtail.users",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "taggit",
    "modelcluster",
    "django_tasks",
    "tests.isolation.zoo.stock",
]
SHARED_APPS = TENANT_APPS = INSTALLED_APPS
TENANT_MODEL = "stock.Tenant"
TENANT_DOMAIN_MODEL = "stock.Domain"
_engine = {
    "ENGINE": "django_tenants.postgresql_backend",
    "NAME": _database.path.lstrip("/"),
    "USER": _database.username,
    "PASSWORD": _database.password,
    "HOST": _database.hostname,
    "PORT": _database.port,
}
DATABASES = {"default": {**_engine}, "replica": {**_engine}}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend", "ENQUEUE_ON_COMMIT": False}}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SITE_ID = 1
WAGTAIL_SITE_NAME = "stock"
WAGTAILADMIN_BASE_URL = "http://alpha.example"
MEDIA_ROOT = os.environ["ZOO_MEDIA_ROOT"]
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MULTITENANT_RELATIVE_MEDIA_ROOT = "%s"
LOGGING_CONFIG = None
