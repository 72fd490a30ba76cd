"""Languages: which there are, where their texts stand, and how a browser keeps the one that was chosen."""

from .places import BASE_DIR

USE_I18N = True
LANGUAGE_CODE = "en"
# How a language writes dates where Django's own way differs from what Babel writes on the same pages.
FORMAT_MODULE_PATH = "saas.ui.dates"
# Each by its own name, which is how whoever looks for it reads it.
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
# One catalogue for each top-level package; what is compiled from them stands beside them (saas/project/catalogues.py).
LOCALE_PATHS = [
    BASE_DIR / name / "locale" for name in ("saas", "tenants", "storefront", "billing", "cms", "ops_console")
]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
