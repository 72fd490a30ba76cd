"""Orders and vouchers as the back office searches and shows them."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from saas.audit.models import AuditEntry
from storefront.orders import wording
from storefront.orders.models import Order, OrderLine
from storefront.promotions.checks import bearer_words
from storefront.stores import moments
from storefront.vouchers import queries as vouchers
from storefront.vouchers.models import Redemption, Voucher
from storefront.vouchers.refusals import UnknownCode

TABS: list[tuple[str, object]] = [
    ("", gettext_lazy("All")),
    ("paid", gettext_lazy("Paid")),
    ("pending", pgettext_lazy("order", "Waiting")),
    ("expired", gettext_lazy("Not paid")),
    ("cancelled", gettext_lazy("Cancelled")),
    ("refunded", gettext_lazy("Refunded")),
]
VOUCHER_TABS: list[tuple[str, object]] = [
    ("", gettext_lazy("All")),
    ("issued", gettext_lazy("Ready to use")),
    ("redeemed", gettext_lazy("Used")),
    ("expired", gettext_lazy("Expired")),
    ("refunded", gettext_lazy("Refunded")),
]

# Acts on vouchers -> how the timeline shows them.
_VOUCHER_ACTS = {
    "voucher.redeemed": ("success", "ticket-check"),
    "voucher.redemption_undone": ("warning", "undo-2"),
    "voucher.withdrawn": ("warning", "undo-2"),
    "voucher.refunded": ("", "undo-2"),
    "voucher.refund_refused": ("danger", "circle-alert"),
    "order.mail_resent": ("", "mail"),
}


@dataclass(frozen=True)
class SplitLine:
    """
    One line's money, minor units: the price, the discount with who bears it, what was paid, what platform and agency keep by which
    rule, what the merchant gets: paid, with what the platform adds, less commission, the tax on it and agency's share. Of what was not
    paid only units, price, discount and their difference.
    """

    title: str
    units: int
    price_minor: int
    discount_minor: int
    code: str
    bearer: str
    platform_minor: int
    total_minor: int
    commission_minor: int
    tax_minor: int
    agency_minor: int
    yours_minor: int
    rule: str
    is_sold: bool = True


@dataclass(frozen=True)
class VoucherLine:
    """A voucher in a list."""

    public_id: str
    title: str
    number: int
    order_public_id: str
    order_number: str
    state_word: str
    state_kind: str
    price_minor: int
    commission_minor: int
    currency: str
    valid_until: str
    used: str


def matching(*, state: str, words: str, since: datetime | None) -> QuerySet[Order]:
    """Return orders by state, by what people say of them (number, e-mail, last four of the phone, a voucher's code), and paid since."""
    rows = Order.objects.order_by("-placed_at")
    if state:
        rows = rows.filter(state=state)
    if since:
        rows = rows.filter(paid_at__gte=since)
    return rows.filter(_said(words.strip())) if words.strip() else rows


def _said(words: str) -> Q:
    found = Q(number__iexact=words) | Q(email__icontains=words) | Q(name__icontains=words)
    digits = re.sub(r"\D", "", words)
    if len(digits) >= 4 and not re.search(r"[a-z@]", words, re.IGNORECASE):
        found |= Q(phone__endswith=digits)
    with suppress(UnknownCode):
        found |= Q(lines__vouchers__public_id=vouchers.find(words))
    return found


def tabs(
    counted: QuerySet[Order] | QuerySet[Voucher], names: Sequence[tuple[str, object]], current: str, path: str
) -> list[dict[str, object]]:
    """Return the tabs of a list for ui/tabs.html, with how many of `counted` are in each state."""
    by_state = dict(counted.order_by().values_list("state").annotate(count=Count("pk")))
    return [
        {
            "label": label,
            "href": f"{path}?state={name}" if name else path,
            "current": name == current,
            "count": by_state.get(name, 0) if name else sum(by_state.values()),
        }
        for name, label in names
    ]


def splits(order: Order) -> list[SplitLine]:
    """Return each line's money by the terms that were frozen on it (M3), units that were paid back left out."""
    return [_split(line) for line in order.lines.prefetch_related("vouchers").order_by("pk")]


def _split(line: OrderLine) -> SplitLine:
    if not line.vouchers.all():
        return _asked(line)
    kept = [one for one in line.vouchers.all() if one.state not in (Voucher.State.REFUNDED, Voucher.State.VOID)]
    commission = sum(one.commission_minor for one in kept)
    tax = sum(one.commission_tax_minor for one in kept)
    agency = sum(one.agency_minor for one in kept)
    return SplitLine(
        title=line.title,
        units=len(kept),
        price_minor=sum(one.price_minor + one.discount_minor for one in kept),
        discount_minor=sum(one.discount_minor for one in kept),
        code=line.promotion_code,
        bearer=bearer_words(line.platform_share_bp),
        platform_minor=sum(one.platform_discount_minor for one in kept),
        total_minor=sum(one.price_minor for one in kept),
        commission_minor=commission,
        tax_minor=tax,
        agency_minor=agency,
        yours_minor=sum(one.worth_minor for one in kept) - commission - tax - agency,
        rule=line.commission_rule,
    )


def _asked(line: OrderLine) -> SplitLine:
    asked_minor = line.total_minor - line.discount_minor
    return SplitLine(
        title=line.title, units=line.units, price_minor=line.total_minor, discount_minor=line.discount_minor, code=line.promotion_code,
        bearer=bearer_words(line.platform_share_bp), platform_minor=0, total_minor=asked_minor, commission_minor=0, tax_minor=0,
        agency_minor=0, yours_minor=0, rule=line.commission_rule, is_sold=False,
    )  # fmt: skip


def timeline(order: Order) -> list[wording.Happening]:
    """Return what happened to the order and to its vouchers, oldest first, with who did it."""
    ids = list(Voucher.objects.filter(line__order=order).values_list("public_id", flat=True))
    entries = AuditEntry.objects.filter(
        Q(subject_kind="order", subject_id=order.public_id) | Q(subject_kind="voucher", subject_id__in=ids)
    )
    return [_happening(entry) for entry in entries.order_by("at", "pk")[:500]]


def _happening(entry: AuditEntry) -> wording.Happening:
    said = wording.happening(entry)
    kind, icon = _VOUCHER_ACTS.get(entry.action, (said.kind, said.icon))
    by = _("Guest") if entry.actor_kind == "guest" else entry.actor_name
    if entry.on_behalf_of:
        by = _("%(who)s (for %(whom)s)") % {"who": by, "whom": entry.on_behalf_of}
    # "Paid A1B2" beside "Paid" says nothing more, on the page of that order.
    text = "" if entry.action == "order.paid" or said.title == entry.sentence else entry.sentence
    return wording.Happening(title=said.title, at=moments.when(entry.at), by=by, kind=kind, icon=icon, text=text)


def vouchers_matching(*, state: str, words: str, since: datetime | None, at: datetime) -> QuerySet[Voucher]:
    """Return vouchers by state ("expired": ready but too late at `at`), by code, order number or title, and redeemed since."""
    rows = Voucher.objects.select_related("line__order").order_by("-issued_at", "-pk")
    if state == "expired":
        rows = rows.filter(state=Voucher.State.ISSUED, valid_until_at__lte=at)
    elif state == "issued":
        rows = rows.filter(state=Voucher.State.ISSUED, valid_until_at__gt=at)
    elif state:
        rows = rows.filter(state=state)
    if since:
        rows = rows.filter(redemptions__redeemed_at__gte=since, redemptions__undone_at=None)
    words = words.strip()
    if words:
        found = Q(line__order__number__iexact=words) | Q(line__title__icontains=words)
        with suppress(UnknownCode):
            found |= Q(public_id=vouchers.find(words))
        rows = rows.filter(found)
    return rows


def voucher_lines(found: Sequence[Voucher], *, at: datetime) -> list[VoucherLine]:
    """Shape vouchers for the list. One query for what was redeemed."""
    used = {
        one.voucher_id: one
        for one in Redemption.objects.filter(voucher__in=[row.pk for row in found], undone_at=None).select_related(
            "store"
        )
    }
    return [_voucher_line(row, used.get(row.pk), at=at) for row in found]


def _voucher_line(voucher: Voucher, used: Redemption | None, *, at: datetime) -> VoucherLine:
    is_late = voucher.state == Voucher.State.ISSUED and voucher.is_expired(at=at)
    kinds = {Voucher.State.ISSUED: "success", Voucher.State.REFUND_PENDING: "warning"}
    return VoucherLine(
        public_id=voucher.public_id,
        title=voucher.line.title,
        number=voucher.position,
        order_public_id=voucher.line.order.public_id,
        order_number=voucher.line.order.number,
        state_word=_("Expired") if is_late else str(voucher.get_state_display()),
        state_kind="warning" if is_late else kinds.get(Voucher.State(voucher.state), ""),
        price_minor=voucher.price_minor,
        commission_minor=voucher.commission_minor,
        currency=voucher.currency,
        valid_until=moments.end(voucher.valid_until_at),
        used=f"{moments.when(used.redeemed_at)}, {used.store.name}, {used.staff_name}" if used else "",
    )
