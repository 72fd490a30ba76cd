"""
Which of the agency's roles may use a view of the console: what `matrix.py` calls "agency", in full (T11).

A is the admin, G the manager, M the account manager, O an operator, V a reviewer, C care, F finance, R read-only. A view that is
not named is for all eight. "finance:*" names all of a namespace. R looks only: whatever it posts is refused.
"""

ALL = "AGMOVCFR"
MONEY = "AGMFR"
ROLES = {
    "mandates:open": "AGMOVC",
    "mandates:come_back": "AGMOVC",
    "mandates:end": "AGMOVC",
    "health:send_again": "FA",
    "health:send_held": "FA",
    "health:drop_held": "FA",
    "console_promotions:offer": "AGF",
    "console_promotions:second": "AGF",
    "console_promotions:withdraw": "AGF",
    "console_terms:index": MONEY,
    "console_terms:offer": "AGF",
    "console_terms:withdraw": "AGF",
    "console_packages:index": MONEY,
    "console_packages:mall": MONEY,
    "console_packages:module_add": "AGF",
    "console_packages:package_add": "AGF",
    "console_packages:package_retire": "AGF",
    "console_packages:price_add": "AGF",
    "console_packages:price_retire": "AGF",
    "console_packages:offer": "AGM",
    "console_packages:act": "AGM",
    "console_packages:item": "FA",
    "console_packages:credit": "FA",
    "portfolio:money": MONEY,
    "portfolio:lifecycle": MONEY,
    "portfolio:work": MONEY,
    "portfolio:archives": MONEY,
    "portfolio:restore": MONEY,
    "portfolio:register": MONEY,
    "console_posts:write": "AGMOC",
    "console_posts:edit": "AGMOC",
    "console_posts:act": "AGMOC",
    "console_posts:schedule": "AGMOC",
    "console_posts:confirm": "AGMOC",
    "console_posts:answer": "AGMV",
    "console_posts:channel_add": "AGM",
    "console_posts:channel": "AGM",
    "console_posts:channel_close": "AGM",
    "portfolio:suspend": "AGM",
    "portfolio:resume": "AGM",
    "portfolio:export": "AGM",
    "portfolio:work_cancel": "AGM",
    "portfolio:archive_link": "AGM",
    "portfolio:download": "AGM",
    "portfolio:archive_remove": "AGM",
    "portfolio:erase": "A",
    "portfolio:keep": "A",
    "portfolio:restore_new": "A",
    "portfolio:lift": "A",
    "finance:inbox": MONEY,
    "finance:event": MONEY,
    "finance:*": "FA",
    "console_disputes:*": "FA",
    "console_statements:*": MONEY,
    "console_statements:answer": "FA",
    "console_statements:paid": "FA",
    "console_reports:credits": MONEY,
    "leads:board": ALL,
    "leads:index": ALL,
    "leads:detail": ALL,
    "leads:*": "AGM",
    "work:mine": ALL,
    "work:board": ALL,
    "work:task": ALL,
    "work:picture": ALL,
    "work:excuse": "AGM",
    "work:*": "AGMOVC",
}


def roles_of(name: str) -> str:
    """Return the letters of the roles that may use a view."""
    return ROLES.get(name) or ROLES.get(f"{name.partition(':')[0]}:*") or ALL
