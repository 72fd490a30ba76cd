"""The product's settings with the planted view, for the negative control of T5."""

from saas.project.settings.development import *  # noqa: F403

ROOT_URLCONF = "tests.isolation.crawler.hasty"
