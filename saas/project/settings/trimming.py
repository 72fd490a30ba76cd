"""What a mall's schema does without: see tenants/rollout/trim.py and docs/adr/0018; and where its recording is kept as a file."""

from .places import env

# Tables of apps that were once installed.
MALL_WITHOUT = ("wagtailembeds_embed",)
# Beginnings of names of tables that hold some rows for each of the staff, each page or each picture: a scan is quicker than an index.
MALL_UNSEARCHED = ("accounts_user_", "auth_", "cms_", "entry_", "taggit_", "wagtail")
# (table, column) whose index stays nevertheless.
MALL_SEARCHED = frozenset(
    {
        ("cms_media_mallimage", "file_hash"),
        ("wagtailcore_modellogentry", "object_id"),
        ("wagtailcore_modellogentry", "timestamp"),
        ("wagtailcore_pagelogentry", "page_id"),
        ("wagtailcore_pagelogentry", "timestamp"),
    }
)
# (table, column) whose index for beginnings stays: every question for the pages below a page.
MALL_SEARCHED_BY_BEGINNING = frozenset({("wagtailcore_page", "path")})
# A folder in which releases' recordings are kept as files, for other databases of this machine: see tenants/rollout/kept.py.
MALL_RECORDINGS = env.str("HUTONG_RECORDINGS", "")
