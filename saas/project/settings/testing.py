"""What tests run on: the development settings, with one database for each test process."""

from urllib.parse import urlsplit

from .development import *
from .development import CACHES, DATABASES, REDIS_URL, STATE_DIR, env

_worker = env.str("PYTEST_XDIST_WORKER", "main")
# The database named by DATABASE_URL is the prepared one that each process clones; see tests/database.py.
BASE_DATABASE = DATABASES["default"]["NAME"]
if not env.bool("HUTONG_TEST_ON_BASE", False):
    DATABASES["default"]["NAME"] = f"{BASE_DATABASE}_{_worker}"
DATABASES["default"]["CONN_MAX_AGE"] = 0
# A test sees its own changes at once.
REGISTRY_POLL_S = 0.0
# The clones' rows name files that were stored while the prepared database was filled: each process has a copy of those too.
PREPARED_MEDIA = str(STATE_DIR / "test" / "media")
MEDIA_ROOT = f"{PREPARED_MEDIA}-{_worker}"
MAIL_DIRECTORY = STATE_DIR / "test" / f"messages-{_worker}"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each process has a database of Valkey, so that one that is emptied leaves the others' counts alone.
_number = int(_worker[2:]) + 1 if _worker.startswith("gw") else 0
REDIS_URL = urlsplit(REDIS_URL)._replace(path=f"/{_number}").geturl()
CELERY_BROKER_URL = REDIS_URL
for _alias in CACHES.values():
    _alias["LOCATION"] = REDIS_URL
# Tests run inside a transaction that never commits: a task runs in the process when the test lets commit hooks run.
# Tests of the worker itself start a real one.
CELERY_TASK_ALWAYS_EAGER = True
# No opening builds schemas for the next one, unless a test says how many.
MALL_POOL_SIZE = 0
if env.bool("HUTONG_TEST_ON_BASE", False):
    # While the prepared database is filled, what would follow in the background is left out.
    CELERY_TASK_ALWAYS_EAGER = False
    CELERY_BROKER_URL = "memory://localhost"
    MEDIA_ROOT = PREPARED_MEDIA
CELERY_TASK_EAGER_PROPAGATES = True
