"""The development settings without our database wrapper."""

from saas.project.settings.development import *  # noqa: F403  settings of settings
from saas.project.settings.development import DATABASES

DATABASES["default"]["ENGINE"] = "tests.benchmarks.stock"
