"""The product's settings with the planted views, for the attack's negative control over HTTP."""

from saas.project.settings.development import *  # noqa: F403

ROOT_URLCONF = "tests.isolation.crawler.planted"
