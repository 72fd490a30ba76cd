"""
Which of the agency's roles may use a view of the console: what `matrix.py` calls "agency", in full (T11).

M is the account manager, F finance, A the admin. A view that is not named is for all three. "finance:*" names all of a namespace.
"""

ALL = "MFA"
ROLES = {
    "mandates:open": "MA",
    "mandates:come_back": "MA",
    "mandates:end": "MA",
    "health:send_again": "FA",
    "health:send_held": "FA",
    "health:drop_held": "FA",
    "console_promotions:offer": "FA",
    "console_promotions:second": "FA",
    "console_promotions:withdraw": "FA",
    "console_terms:offer": "FA",
    "console_terms:withdraw": "FA",
    "console_packages:module_add": "FA",
    "console_packages:package_add": "FA",
    "console_packages:package_retire": "FA",
    "console_packages:price_add": "FA",
    "console_packages:price_retire": "FA",
    "console_packages:offer": "MA",
    "console_packages:act": "MA",
    "console_packages:item": "FA",
    "console_packages:credit": "FA",
    "portfolio:suspend": "MA",
    "portfolio:resume": "MA",
    "portfolio:export": "MA",
    "portfolio:work_cancel": "MA",
    "portfolio:archive_link": "MA",
    "portfolio:download": "MA",
    "portfolio:archive_remove": "MA",
    "portfolio:erase": "A",
    "portfolio:keep": "A",
    "portfolio:restore_new": "A",
    "portfolio:lift": "A",
    "finance:inbox": "MFA",
    "finance:event": "MFA",
    "finance:*": "FA",
    "console_disputes:*": "FA",
    "console_statements:answer": "FA",
    "console_statements:paid": "FA",
}


def roles_of(name: str) -> str:
    """Return the letters of the roles that may use a view."""
    return ROLES.get(name) or ROLES.get(f"{name.partition(':')[0]}:*") or ALL
