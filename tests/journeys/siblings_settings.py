"""
Production's settings over TLS at a domain of one's own, for a browser on this machine.

SIBLINGS_PLAIN=1 is the negative control: cookies under plain names, believed as Django reads them.
"""

import os

from saas.project.settings.production import *  # noqa: F403  settings
from saas.project.settings.production import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
if os.environ.get("SIBLINGS_PLAIN"):
    SESSION_COOKIE_NAME = "sessionid"
    CSRF_COOKIE_NAME = "csrftoken"
    LANGUAGE_COOKIE_NAME = "language"
