"""Pages for everybody, kept in front of Django, and how many requests are answered at once; see tenants.frontcache."""

from .places import env

# Off, every page is made anew, of parts that are kept (tenants.frontcache.parts).
FRONT_CACHE = env.bool("HUTONG_PAGE_CACHE", True)
# Bytes of pages that one process keeps.
FRONT_CACHE_BYTES = env.int("HUTONG_PAGE_CACHE_MB", 64) * 1024 * 1024
# Seconds between a process's questions whether a mall's pages have changed.
FRONT_CACHE_POLL_S = env.float("HUTONG_PAGE_CACHE_POLL_S", 0.25)
# Requests that one process answers at once by Django (0: as many as the server has threads), how many of them one host may
# have (one of them computed, the others waiting for Stripe, while other hosts are here), and how many of one host may wait before
# the next are asked to come again. The server needs more threads than these.
FRONT_TURNS = env.int("HUTONG_TURNS", 4)
FRONT_TURNS_PER_HOST = env.int("HUTONG_TURNS_PER_HOST", 2)
FRONT_TURNS_WAITING = env.int("HUTONG_TURNS_WAITING", 12)
# Apps of a mall whose rows pages show: a write to one of their tables makes the mall's pages anew.
FRONT_CACHE_APPS = [
    "stores",
    "catalog",
    "deals",
    "terms",
    "cms_media",
    "cms_news",
    "cms_pages",
    "cms_theming",
    "wagtailcore",
    "wagtailimages",
]
