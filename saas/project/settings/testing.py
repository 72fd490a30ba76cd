"""What tests run on: the development settings, with one database for each test process."""

from .development import *  # noqa: F403
from .development import DATABASES, STATE_DIR, env

_worker = env.str("PYTEST_XDIST_WORKER", "main")
DATABASES["default"]["NAME"] = env.str("HUTONG_TEST_DATABASE", f"{DATABASES['default']['NAME']}_{_worker}")
DATABASES["default"]["CONN_MAX_AGE"] = 0
MEDIA_ROOT = str(STATE_DIR / "test" / f"media-{_worker}")
MAIL_DIRECTORY = STATE_DIR / "test" / f"messages-{_worker}"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
for _alias in CACHES.values():  # noqa: F405
    _alias["KEY_PREFIX"] += f"-{_worker}"
