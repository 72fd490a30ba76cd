"""
Forms that are filled in, and a count of what a request wrote.

One body fits most of the product's forms: a field that several share has a value that all of them take. `WRITES` names the views that
write with it, which the tests hold true for whoever may; so a refusal that wrote nothing was not for want of a body.
"""

from collections import Counter
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db import connection

from .loot import Loot

# Rows that a request may write whoever sends it: the own session.
OF_EVERY_REQUEST = {"django_session"}
# Where a shared field means something else.
OWN = {
    "console_promotions:offer": {"amount": ""},
    "console_terms:offer": {"is_replacing": "on"},
    "leads:note": {"kind": "note"},
    "leads:contact_add": {"role": "decides"},
    "backoffice:domains": {"domain": "lanterns.example.org"},
    "counter:redeem": {"request_key": "k" * 26},
    "counter:undo": {"why": "mistake"},
    "backoffice:staff_invite": {"role": "Clerk"},
    "finance:approve": {"seen_minor": "700"},
}
# Ids that the matrix leaves open: the crawler has nothing to steal there.
IDS = {
    "mandates:end": {"public_id": "mandate"},
    "console_packages:price_add": {"public_id": "module"},
    "console_packages:price_retire": {"public_id": "price"},
    "console_packages:package_retire": {"public_id": "package"},
    "finance:drop": {"public_id": "run"},
    "finance:approve": {"public_id": "run"},
    "finance:take": {"public_id": "break"},
    "finance:explain": {"public_id": "break"},
}
WRITES: dict[str, set[str]] = {
    "platform": {
        "console_packages:module_add", "console_packages:package_add", "console_packages:package_retire", "console_packages:price_add",
        "console_packages:price_retire", "console_promotions:offer", "console_promotions:withdraw", "console_terms:offer",
        "console_terms:withdraw", "finance:approve", "finance:check_now", "finance:drop", "finance:explain", "finance:payout_go_on",
        "finance:payout_hold", "finance:payout_stop", "finance:propose", "finance:take", "leads:add", "leads:contact_add", "leads:edit",
        "leads:lose", "leads:move", "leads:note", "leads:plan", "mandates:end", "mandates:open", "portfolio:archive_remove",
        "portfolio:erase", "portfolio:export", "portfolio:suspend",
    },
    "mall": {
        "backoffice:deal_duplicate", "backoffice:deal_end", "backoffice:deal_publish", "backoffice:domain_check",
        "backoffice:domain_release", "backoffice:domains", "backoffice:import_start", "backoffice:leave_export",
        "backoffice:order_resend", "backoffice:packages_decline", "backoffice:product_remove", "backoffice:promotion_accept",
        "backoffice:promotion_decline", "backoffice:staff_invite", "backoffice:statement_ask", "backoffice:statement_confirm",
        "backoffice:store", "backoffice:store_add", "backoffice:store_move", "backoffice:terms_accept",
        "backoffice:terms_decline", "counter:redeem", "counter:undo", "entry:put_out",
    },
}  # fmt: skip


def filled(name: str, loot: Loot, *, now: datetime) -> str:
    """Return a view's body, with the mall's own things where a field names one."""
    first, last = (f"{now.date() + timedelta(days=days)}" for days in (1, 9))
    body = {
        "reason": "Alma asked for help with the lunch deal", "text": "The lunch of November was refunded on the 12th",
        "note": "She came at noon with two friends", "answer": "It was cold", "name": "Lunch week", "summary": "Help with lunches",
        "title": "Lunch for two", "minutes": "30", "days": "3", "code": "LUNCHWEEK", "percent": "20", "share": "50", "budget": "100.00",
        "amount": "5.00", "uses_per_shopper": "1", "rate": "4", "agency_rate": "0", "what": "mall:", "first_day": first, "last_day": last,
        "kind": "monthly", "currency": "usd", "minimum_months": "3", "notice_days": "30", "pays_by": "invoice", "key": "k" * 26,
        "is_sure": "on", "schedule": "weekly", "decision": "accept", "email": "new@lakeside.example", "role": "clerk",
        "street": "1 Mill Lane", "city": "Here", "trade": "salon", "version": "0", "stage": "visited",
        "explanation": "The bank sent it twice", "step": "Call again",
        "day": first, "happened_on": f"{now.date()}", "typed": loot.host.partition(".")[0],
        "voucher": loot.pick("unused", 0), "store": loot.pick("its_store", 0), "package": loot.pick("package", 0),
        "prices": loot.pick("price", 0),
    } | OWN.get(name, {})  # fmt: skip
    return urlencode(body)


class Writes:
    """Counts the rows that this transaction writes, by schema and table, undone ones too."""

    def __init__(self) -> None:
        self._seen = self._all()

    def new(self) -> list[str]:
        """Return the tables that were written to since the last question."""
        before, self._seen = self._seen, self._all()
        return sorted(self._seen - before)

    @staticmethod
    def _all() -> Counter[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables "
                "WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND relname <> ALL(%s)",
                [list(OF_EVERY_REQUEST)],
            )
            return Counter(dict(cursor.fetchall()))
