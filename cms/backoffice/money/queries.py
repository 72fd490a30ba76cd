"""The mall's money as the books have it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from babel.dates import format_skeleton
from dateutil.relativedelta import relativedelta
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from billing.ledger import queries as ledger
from billing.ledger import timeline as ledger_timeline
from billing.ledger.models import Account
from billing.ledger.queries import Course, LedgerLine, LineFilter, MallBalances
from billing.payouts import queries as payouts
from billing.payouts.models import Payout
from billing.settlements import arriving
from saas.kernel import money
from saas.ui.charts import Chart
from saas.ui.formats import babel_locale, format_money
from storefront.orders import queries as orders
from storefront.stores import moments
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

Kind = Account.Kind
# The states of money that a merchant is told of, with what they mean.
STATES = (
    (
        Kind.SHOPPER_PREPAID,
        _("Prepaid"),
        _("Shoppers paid it for vouchers that were not used yet. It becomes yours when they are."),
    ),
    (
        Kind.MERCHANT_PENDING,
        _("Pending"),
        _("You earned it with used vouchers, after commission. It waits for the end of the clearing time."),
    ),
    (Kind.MERCHANT_AVAILABLE, _("Available"), _("It is cleared and can be paid out to your bank account.")),
    (
        Kind.PAYOUTS_IN_TRANSIT,
        _("On its way"),
        _("It was sent to your account at Stripe and is on its way to your bank."),
    ),
    (
        Kind.MERCHANT_STRIPE,
        pgettext_lazy("balance", "Paid"),
        _("It has reached your bank, all payouts together."),
    ),
    (
        Kind.MERCHANT_RECEIVABLE,
        _("Owed by you"),
        _(
            "Fees of the agency's services, and money that was paid to you and went back to a shopper afterwards. It is kept from your "
            "next settlement."
        ),
    ),
    (
        Kind.COMMISSION,
        _("Commission"),
        _("What the platform kept of used vouchers, by the terms that were agreed when each was sold."),
    ),
)
PLACES: dict[str, object] = {
    **{kind: label for kind, label, _text in STATES},
    Kind.STRIPE_CASH: _("Shopper’s payment"),
    Kind.STRIPE_FEES: _("Stripe’s fees"),
    Kind.MERCHANT_STRIPE: _("Your account at Stripe"),
    Kind.PACKAGE_FEES: _("The agency's services"),
    Kind.BANK: _("The agency's bank"),
    Kind.AGENCY_SHARE: _("Agency’s share"),
    Kind.COMMISSION_TAX: _("Tax on commission"),
    Kind.TAX_PAID: _("Paid to the tax office"),
    Kind.DISPUTES: _("Held back in a dispute"),
    Kind.GOING_BACK: _("Going back to the shopper"),
    Kind.GOODWILL: _("Borne by the platform"),
    Kind.PROMOTIONS: _("Discounts that the platform bears"),
    Kind.BREAKAGE: _("Expired, not refundable"),
}
KINDS: dict[str, object] = {
    "order_paid": _("Order paid"),
    "voucher_redeemed": _("Voucher redeemed"),
    "commission": _("Commission"),
    "voucher_redeemed_reversed": _("Redemption undone"),
    "commission_reversed": _("Commission taken back"),
    "voucher_refunded": _("Voucher refunded"),
    "voucher_lapsed": _("Voucher ended unused"),
    "agency_share": _("Agency’s share"),
    "agency_share_reversed": _("Agency’s share taken back"),
    "commission_tax": _("Tax on commission"),
    "commission_tax_reversed": _("Tax on commission taken back"),
    "earning_released": _("Earning available"),
    "earning_brought_back": _("Earning brought back"),
    "payout_begun": _("Settled"),
    "owed_netted": _("Kept for what you owed"),
    "transfer_sent": _("Sent to your Stripe account"),
    "recovery_begun": _("To be brought back from your Stripe account"),
    "transfer_reversed": _("Brought back from your Stripe account"),
    "payout_paid": _("Arrived at your bank"),
    "payout_paid_reversed": _("Sent back by your bank"),
    "redemption_refunded": _("Used voucher refunded"),
    "redemption_refunded_commission": _("Commission given back"),
    "redemption_refunded_tax": _("Tax on commission given back"),
    "redemption_refunded_agency": _("Agency’s share given back"),
    "discount_borne": _("Discount that the platform bears"),
    "discount_borne_reversed": _("Borne discount taken back"),
    "discount_borne_commission": _("Commission on a borne discount"),
    "discount_borne_commission_reversed": _("Commission on a borne discount taken back"),
    "discount_borne_agency": _("Agency’s share of a borne discount"),
    "discount_borne_tax": _("Tax on a borne discount"),
    "discount_returned": _("Borne discount given back"),
    "discount_returned_commission": _("Commission on a borne discount given back"),
    "payment_unassigned": _("Payment that buys nothing"),
    "payment_returned": _("Payment returned"),
    "dispute_opened": _("Payment disputed"),
    "dispute_won": _("Dispute won"),
    "dispute_lost": _("Dispute lost"),
    "dispute_lost_commission": _("Commission given back, dispute lost"),
    "dispute_lost_tax": _("Tax on commission given back, dispute lost"),
    "dispute_lost_agency": _("Agency’s share given back, dispute lost"),
    "package_netted": _("Service package, kept from earnings"),
    "package_paid": _("Service package paid"),
    "package_paid_elsewhere": _("Service package paid by bank transfer"),
    "package_returned": _("Credit of a service package, paid into your earnings"),
    "stripe_fee": _("Stripe’s fee, borne by the platform"),
}
# What we hold, or others hold for us: money goes from the credit side to the debit side between them.
_HELD = (Kind.STRIPE_CASH, Kind.MERCHANT_STRIPE, Kind.DISPUTES)
EXPORT_LINES = 50_000


@dataclass(frozen=True)
class MoneyLine:
    """
    A transfer as the merchant reads it, minor units. `signed_minor` is its effect on the account that is looked at;
    `commission_minor` and `gross_minor` stand on redemptions (None elsewhere).
    """

    when: str
    happened_at: str
    word: object
    title: str
    order: str
    order_number: str
    voucher: str
    source: object
    target: object
    amount_minor: int
    signed_minor: int
    gross_minor: int | None
    commission_minor: int | None
    rule: str
    rate_percent: str
    currency: str
    by: str
    reason: str


def balances() -> MallBalances:
    """Return the mall's balances. Not inside a transaction."""
    tenant = mall()
    with on_platform():
        return ledger.mall_balances(tenant.schema_name, currency=tenant.currency)


def paid_minor() -> int:
    """Return what has reached the merchant's bank in all."""
    tenant = mall()
    with on_platform():
        return payouts.paid_minor(tenant.schema_name, currency=tenant.currency)


def states(of: MallBalances, *, paid_minor: int) -> list[tuple[str, object, object, int]]:
    """Return (account kind, word, meaning, minor units) for each state of money."""
    amounts = (
        of.prepaid_minor,
        of.pending_minor,
        of.available_minor,
        of.in_transit_minor,
        paid_minor,
        of.owed_minor,
        of.commission_minor,
    )
    return [(kind, label, text, amount) for (kind, label, text), amount in zip(STATES, amounts, strict=True)]


def chart(*, at: datetime, by_month: bool) -> Chart:
    """Return what was earned and what was paid by week or month, a year of months or twelve weeks. One query on the platform."""
    tenant = mall()
    firsts = _firsts(moments.local(at).date(), by_month=by_month)
    since = datetime.combine(firsts[0], time(), tzinfo=moments.zone())
    zone = moments.zone()
    with on_platform():
        found = ledger.course(tenant.schema_name, since=since, by_month=by_month, zone=zone)
    courses = [found.get(first, Course()) for first in firsts]
    form = "yMMM" if by_month else "MMMd"
    return Chart(
        title=gettext("Earned and paid, by month") if by_month else gettext("Earned and paid, by week"),
        labels=[str(format_skeleton(form, first, locale=babel_locale())) for first in firsts],
        values=[max(one.earned_minor, 0) for one in courses],
        shown=[format_money(one.earned_minor, tenant.currency) for one in courses],
        names=(gettext("Month") if by_month else gettext("Week from"), gettext("Earned")),
        last_name=gettext("This month so far") if by_month else gettext("This week so far"),
        second=[max(one.paid_minor, 0) for one in courses],
        second_shown=[format_money(one.paid_minor, tenant.currency) for one in courses],
        second_name=gettext("Paid to your bank"),
        empty=gettext("What you earn and what is paid will stand here."),
        axis_divisor=10 ** money.digits(tenant.currency),
    )


def _firsts(today: date, *, by_month: bool) -> list[date]:
    """Return the first days of the last twelve weeks or months, oldest first, the running one last."""
    if by_month:
        return [today.replace(day=1) - relativedelta(months=back) for back in range(11, -1, -1)]
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=back) for back in range(11, -1, -1)]


def voucher_steps(*, voucher: str, order: str) -> list[dict[str, object]]:
    """Return a voucher's money step by step, as `ui/timeline.html` takes it, with the transfers of each step; the bank's last."""
    schema = mall().schema_name
    with on_platform():
        steps = ledger_timeline.of_voucher(schema=schema, voucher=voucher, order=order)
        payouts_of = arriving.payouts_of(schema=schema, voucher=voucher)
    told: list[dict[str, object]] = [
        {
            "title": step.title,
            "at": moments.when(step.happened_at),
            "text": step.text,
            "by": step.by,
            "kind": step.kind,
            "icon": step.icon,
            "lines": [(word_of(line.kind), *way_of(line), line) for line in step.lines],
        }
        for step in steps
    ]
    return told + [arrival(one) for one in payouts_of]


def arrival(payout: Payout) -> dict[str, object]:
    """Return a payout as the step of a voucher's money at which it comes to the bank; the day is Stripe's, in no time zone."""
    is_paid = payout.state == Payout.State.PAID
    at = payout.arrives_at.astimezone(UTC).date() if payout.arrives_at else payout.created_at.date()
    return {
        "title": gettext("Arrived at your bank") if is_paid else gettext("On its way to your bank"),
        "at": date_format(at, "DATE_FORMAT"),
        "text": gettext("With a payout of %(amount)s") % {"amount": format_money(payout.amount_minor, payout.currency)},
        "by": "Stripe",
        "kind": "success" if is_paid else "warning",
        "icon": "landmark",
        "lines": [],
    }


def count(wanted: LineFilter) -> int:
    """Return how many lines match."""
    with on_platform():
        return ledger.lines_count(wanted)


def lines(wanted: LineFilter, *, limit: int, offset: int = 0) -> list[MoneyLine]:
    """
    Return the lines that match, newest first, each redemption with its commission, each line of an order with its number. Two queries
    on the platform, one in the mall.
    """
    with on_platform():
        found = ledger.lines(wanted, limit=limit, offset=offset)
        taken = _taken(found, wanted.schema)
    numbers = orders.numbers({line.order for line in found if line.order and "order_number" not in line.details})
    return [_line(line, taken, numbers, wanted.account) for line in found]


def word_of(kind: str) -> object:
    """Return what a kind of line is called."""
    if kind not in KINDS and kind.endswith("_reversed"):
        return gettext("%(what)s: taken back") % {"what": word_of(kind.removesuffix("_reversed"))}
    return KINDS.get(kind, kind.replace("_", " "))


def way_of(line: LedgerLine) -> tuple[object, object]:
    """Return from where to where a line's money went, as people say it."""
    source: object = PLACES.get(line.debit, line.debit)
    target: object = PLACES.get(line.credit, line.credit)
    if line.kind.startswith("payout_paid"):
        account, bank = PLACES[Kind.MERCHANT_STRIPE], _("Your bank")
        return (bank, account) if line.reverses else (account, bank)
    return (target, source) if line.debit in _HELD and line.credit in _HELD else (source, target)


# What of a redemption's worth did not go to the merchant, its reversals too.
_COMMISSIONS = ("commission", "commission_reversed")
_TAKEN = (*_COMMISSIONS, "commission_tax", "commission_tax_reversed", "agency_share", "agency_share_reversed")


@dataclass
class _Taken:
    """Of one journal, minor units: the commission, and all that did not go to the merchant."""

    commission_minor: int = 0
    all_minor: int = 0


def _taken(found: Sequence[LedgerLine], schema: str) -> dict[str, _Taken]:
    """Return what was taken in each journal that has a redemption among the lines."""
    redeemed = [line for line in found if line.kind in ("voucher_redeemed", "voucher_redeemed_reversed")]
    if not redeemed:
        return {}
    first, last = redeemed[-1].happened_at, redeemed[0].happened_at
    wanted = LineFilter(schema=schema, kinds=_TAKEN, since=first, until=last + timedelta(microseconds=1))
    taken: defaultdict[str, _Taken] = defaultdict(_Taken)
    for line in ledger.lines(wanted, limit=len(_TAKEN) * EXPORT_LINES):
        one = taken[line.journal_id]
        one.all_minor += line.amount_minor
        one.commission_minor += line.amount_minor if line.kind in _COMMISSIONS else 0
    return taken


def _line(line: LedgerLine, taken: dict[str, _Taken], numbers: dict[str, str], account: str) -> MoneyLine:
    is_redeemed = line.kind in ("voucher_redeemed", "voucher_redeemed_reversed")
    took = taken.get(line.journal_id, _Taken()) if is_redeemed else None
    rate = line.details.get("rate_bp")
    source, target = way_of(line)
    return MoneyLine(
        when=moments.when(line.happened_at),
        happened_at=moments.local(line.happened_at).isoformat(timespec="seconds"),
        word=word_of(line.kind),
        title=str(line.details.get("title", "")),
        order=line.order,
        order_number=str(line.details.get("order_number") or numbers.get(line.order, "")),
        voucher=line.voucher,
        source=source,
        target=target,
        amount_minor=line.amount_minor,
        signed_minor=line.amount_minor if line.credit == account or not account else -line.amount_minor,
        gross_minor=line.amount_minor + took.all_minor if took else None,
        commission_minor=took.commission_minor if took else None,
        rule=str(line.details.get("rule", "")),
        rate_percent=f"{rate / 100:g}" if isinstance(rate, int) else "",
        currency=line.currency,
        by=line.by,
        reason=line.reason,
    )
