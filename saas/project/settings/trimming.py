"""What a mall's schema does without: see tenants/rollout/trim.py and docs/adr/0018."""

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
