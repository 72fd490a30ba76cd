"""The four modules of the trade, with what each promises and costs. A catalogue to start from: every part can be changed."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.packages.models import Module, Price
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor

from .models import TaskTemplate

DAILY, WORKDAYS = "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
_FRONT, _DEALS, _PROMOTIONS = "/manage/front/", "/manage/deals/", "/manage/promotions/"


@dataclass(frozen=True)
class _Promise:
    """A template: key, title, rule, wall time, minutes, evidence, permissions, checklist; the rest as `TaskTemplate`'s fields."""

    key: str
    title: str
    rrule: str
    at: str
    minutes: int
    evidence: tuple[str, ...]
    permissions: tuple[str, ...]
    checklist: tuple[str, ...]
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Offer:
    """A module: name, what it is, its monthly price in minor units by currency, its promises."""

    name: str
    summary: str
    monthly: dict[str, int]
    promises: tuple[_Promise, ...]
    unit: tuple[str, dict[str, int]] | None = None


_SOCIAL = _Offer(
    "Social maintenance",
    "Your official account and the like, kept alive every day: posts, answers, figures.",
    {"usd": 60000, "eur": 55000, "cny": 300000},
    (
        _Promise(
            "social-post", "Write and publish a post", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "10:00", 45, ("link", "picture"),
            ("look", "content.edit", "content.publish"),
            ("It says one thing, in the shop's own words", "Prices and dates are those of the mall", "The link opens on a phone"),
            {"credit_minor": 2500, "figures": ["readers", "visits"], "needs_merchant": False, "place": _FRONT, "holidays": "move"},
        ),
        _Promise(
            "social-answers", "Answer comments and messages", DAILY, "09:00", 20, ("text",), ("look",),
            ("Nothing older than a day is unanswered", "Complaints were passed on to the shop"),
            {"credit_minor": 800, "figures": ["answers", "complaints"], "due_hours": 11, "grace_hours": 12},
        ),
        _Promise(
            "social-figures", "Note the week's followers and readers", "FREQ=WEEKLY;BYDAY=MO", "09:00", 15, ("figure",), ("look",),
            ("Followers", "Readers of each post"), {"figures": ["followers", "readers"], "grace_hours": 48},
        ),
    ),
    ("extra post", {"usd": 4000, "eur": 3600, "cny": 20000}),
)  # fmt: skip
_HOSTING = _Offer(
    "Mall hosting",
    "Your mall looked after: opening hours, prices, pictures and deals are right, every day.",
    {"usd": 40000, "eur": 36000, "cny": 200000},
    (
        _Promise(
            "mall-check", "Walk through the mall as a shopper", WORKDAYS, "09:00", 15, ("text",), ("look",),
            ("Home page and deals open", "A deal can be bought up to the payment page", "Opening hours are today's"),
            {"credit_minor": 1000, "figures": ["visits"], "holidays": "keep"},
        ),
        _Promise(
            "deal-refresh", "Refresh the deals", "FREQ=WEEKLY;BYDAY=TU", "10:00", 60, ("trail",), ("look", "deals.draft", "deals.publish"),
            ("Deals that end within two weeks have a successor", "Pictures are from this season", "Rules fit on a phone's screen"),
            {"credit_minor": 4000, "figures": ["orders", "redemptions"], "place": _DEALS, "holidays": "move", "grace_hours": 48},
        ),
        _Promise(
            "catalogue-care", "Bring prices and products up to date", "FREQ=MONTHLY;BYDAY=1WE", "10:00", 90, ("trail", "text"),
            ("look", "catalog.edit", "stores.edit"), ("The shop's price list was asked for", "Sold-out products are hidden"),
            {"credit_minor": 5000, "figures": ["orders"], "needs_merchant": True, "place": "/manage/products/", "due_hours": 72,
             "grace_hours": 72},
        ),
        _Promise(
            "season-look", "Change the look for the season", "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=1", "10:00", 120, ("picture",),
            ("look", "theme.edit", "content.edit", "content.publish"), ("Colours can be read", "Seen on a phone"),
            {"credit_minor": 8000, "figures": ["visits"], "needs_merchant": True, "place": "/manage/look/", "due_hours": 120,
             "grace_hours": 72, "holidays": "move"},
        ),
    ),
)  # fmt: skip
_PROMOTION = _Offer(
    "Promotion",
    "Reasons to come now: deals, codes and posters, and what came of them.",
    {"usd": 80000, "eur": 72000, "cny": 400000},
    (
        _Promise(
            "deal-new", "Draft a new deal", "FREQ=MONTHLY;BYDAY=1TH,3TH", "10:00", 120, ("trail",), ("look", "deals.draft", "deals.price"),
            ("Capacity and margin were computed", "Field visit within three months", "Ends before the next high season"),
            {"credit_minor": 10000, "figures": ["orders", "redemptions", "second visits"], "needs_merchant": True, "place": _DEALS,
             "due_hours": 96, "grace_hours": 72, "holidays": "move"},
        ),
        _Promise(
            "promotion-codes", "Run a promotion", "FREQ=MONTHLY;BYMONTHDAY=1", "10:00", 60, ("trail",), ("look", "promotions.manage"),
            ("Budget and limits are set", "It ends within the month"),
            {"credit_minor": 6000, "figures": ["codes used"], "place": _PROMOTIONS, "holidays": "move", "due_hours": 48, "grace_hours": 48},
        ),
        _Promise(
            "poster", "Put up posters with the QR code", "FREQ=MONTHLY;BYDAY=2TU", "14:00", 90, ("picture",), ("look",),
            ("At the door and at the till", "The code was scanned with two phones"),
            {"credit_minor": 5000, "figures": ["scans"], "due_hours": 28, "grace_hours": 48, "holidays": "move"},
        ),
        _Promise(
            "promotion-results", "Say what came of it", "FREQ=WEEKLY;BYDAY=FR", "15:00", 30, ("figure", "text"), ("look", "orders.view"),
            ("Orders, redemptions and second visits", "What to do next week"),
            {"credit_minor": 1500, "figures": ["orders", "redemptions"], "due_hours": 5, "grace_hours": 72},
        ),
    ),
)  # fmt: skip
_CUSTOMERS = _Offer(
    "Customer maintenance",
    "Guests who were here come again: thanks, apologies, invitations, gifts at festivals.",
    {"usd": 50000, "eur": 45000, "cny": 250000},
    (
        _Promise(
            "complaints", "Follow up complaints", WORKDAYS, "11:00", 30, ("text",), ("look", "orders.view", "refunds.decide"),
            ("Each complaint has an answer within a day", "What the shop has to change was told to it"),
            {"credit_minor": 1200, "figures": ["complaints", "answered"], "place": "/manage/refunds/"},
        ),
        _Promise(
            "apology-visit", "Visit or call guests who were let down", "FREQ=MONTHLY;BYDAY=2WE", "14:00", 120, ("text", "picture"),
            ("look", "orders.view"), ("Guests were chosen with the shop", "What was promised stands in the note"),
            {"credit_minor": 6000, "figures": ["visits", "came again"], "due_hours": 72, "grace_hours": 48, "needs_merchant": True},
        ),
        _Promise(
            "member-letter", "Write to the members", "FREQ=MONTHLY;BYDAY=1TU", "10:00", 60, ("trail",), ("look", "members.message"),
            ("Only to who agreed", "One reason to come, one link"),
            {"credit_minor": 4000, "figures": ["sent", "visits"], "needs_merchant": True, "due_hours": 48, "grace_hours": 48,
             "holidays": "move"},
        ),
        _Promise(
            "festival-gift", "Prepare a gift for the festival", "FREQ=YEARLY;BYMONTH=1,5,9,12;BYMONTHDAY=10", "10:00", 120,
            ("picture", "figure"), ("look", "promotions.manage"), ("Budget agreed with the shop", "Gifts counted"),
            {"credit_minor": 8000, "figures": ["gifts", "came again"], "needs_merchant": True, "due_hours": 120, "grace_hours": 96},
        ),
        _Promise(
            "yearly-invitation", "Invite last year’s guests", "FREQ=YEARLY;BYMONTH=11;BYDAY=1MO", "10:00", 180, ("figure",),
            ("look", "members.message"), ("The list was read with the shop",),
            {"credit_minor": 10000, "figures": ["invited", "came"], "needs_merchant": True, "due_hours": 168, "grace_hours": 168},
        ),
    ),
)  # fmt: skip
OFFERS = (_SOCIAL, _HOSTING, _PROMOTION, _CUSTOMERS)
# Permissions that a release before gave to a template: one that still has just these was not changed by anybody, and gets those above.
_FORMER = {"complaints": ["look", "orders.view"]}


@transaction.atomic
def ensure_modules(*, by: Actor, now: datetime) -> int:
    """
    Add of the trade's four modules what is not there: modules, prices, templates. Return how many templates were added.

    What an agency changed or retired stays as it is, and so does every contract; a template as a release before made it gets the
    permissions of today's. Repeated it changes nothing.
    """
    _bring_up_to_date()
    added = sum(_ensure(offer, now=now) for offer in OFFERS)
    if added:
        audit.record(
            action="work.modules_added", subject=("catalogue", "modules"), by=by, now=now,
            summary=phrase(_("Templates of the trade’s four modules added: %(count)d"), count=added),
        )  # fmt: skip
    return added


def _ensure(offer: _Offer, *, now: datetime) -> int:
    module, is_new = Module.objects.get_or_create(name=offer.name, defaults={"summary": offer.summary})
    if is_new or not module.prices.exists():
        _price(module, Price.Kind.MONTHLY, "", offer.monthly, now=now)
        if offer.unit:
            _price(module, Price.Kind.PER_UNIT, offer.unit[0], offer.unit[1], now=now)
    known = set(TaskTemplate.objects.filter(key__in=[one.key for one in offer.promises]).values_list("key", flat=True))
    rows = [_template(module, one) for one in offer.promises if one.key not in known]
    TaskTemplate.objects.bulk_create(rows)
    return len(rows)


def _bring_up_to_date() -> None:
    """Give templates that nobody changed the permissions which their work takes; contracts are made of them later."""
    for one in (one for offer in OFFERS for one in offer.promises if one.key in _FORMER):
        same = TaskTemplate.objects.filter(key=one.key, retired_at=None, permissions=_FORMER[one.key])
        same.update(permissions=list(one.permissions))


def _price(module: Module, kind: str, unit_name: str, amounts: dict[str, int], *, now: datetime) -> None:
    Price.objects.bulk_create(
        Price(
            module=module, kind=kind, currency=currency, amount_minor=amount_minor, unit_name=unit_name, created_at=now
        )
        for currency, amount_minor in amounts.items()
    )


def _template(module: Module, one: _Promise) -> TaskTemplate:
    return TaskTemplate(
        module=module, key=one.key, title=one.title, rrule=one.rrule, at=time.fromisoformat(one.at), minutes=one.minutes,
        evidence=list(one.evidence), permissions=list(one.permissions), checklist=list(one.checklist), **one.more,
    )  # fmt: skip
