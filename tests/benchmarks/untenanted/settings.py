"""The development settings without tenancy."""

import os

from saas.project.settings.development import *  # noqa: F403  settings of settings
from saas.project.settings.development import DATABASES, MIDDLEWARE

FRONT_CACHE = False
MIDDLEWARE[0] = "tests.benchmarks.untenanted.middleware.FixedMall"
DATABASES["default"]["ENGINE"] = "tests.benchmarks.untenanted"
DATABASES["default"]["OPTIONS"]["options"] += f" -c search_path={os.environ['UNTENANTED_SCHEMA']},extensions"
SILENCED_SYSTEM_CHECKS = ["hutong.E101"]
