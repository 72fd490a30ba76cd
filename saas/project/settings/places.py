"""Where the product stands: its folders, and the names at which it is reached."""

from pathlib import Path

from environs import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parents[3]
STATE_DIR = Path(env.str("HUTONG_STATE", str(BASE_DIR / ".hutong")))

# The platform answers at BASE_DOMAIN, a mall at <slug>.BASE_DOMAIN or its own domain. Which hosts exist is decided by
# the registry's rows, so Django's own list lets every name through and the mall middleware refuses the unknown ones.
BASE_DOMAIN = env.str("HUTONG_BASE_DOMAIN", "localhost")
PUBLIC_SCHEME = env.str("HUTONG_SCHEME", "https")
PUBLIC_PORT = env.str("HUTONG_PUBLIC_PORT", "")
PLATFORM_HOSTS = env.list("HUTONG_PLATFORM_HOSTS", ["127.0.0.1"])
ALLOWED_HOSTS = ["*"]
USE_X_FORWARDED_HOST = False
# Networks of the proxies in front: only they are believed when they say who asks and over what.
PROXY_NETWORKS: list[str] = env.list("HUTONG_PROXY_NETWORKS", [])
