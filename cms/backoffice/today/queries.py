"""What happened today, on the mall's clock, and what is left to do."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from babel.dates import format_skeleton
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.ledger import queries as ledger
from billing.ledger.queries import MallBalances
from cms.backoffice import roles
from cms.backoffice.payouts import queries as payouts
from cms.backoffice.statements import queries as statements
from cms.backoffice.terms import queries as terms
from cms.theming.models import Theme
from saas.accounts.models import User
from saas.kernel import money
from saas.ui.charts import Chart
from saas.ui.formats import babel_locale, format_money
from storefront.catalog.models import CatalogImport, Product
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.promotions.models import Promotion
from storefront.stores import moments
from storefront.stores.models import Store
from storefront.vouchers import queries as vouchers
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

DAYS = 14
FEW_LEFT = 5
SOON = timedelta(days=2)


@dataclass(frozen=True)
class Figures:
    """Today in numbers, minor units of `currency`; `day` is its date as addresses write it."""

    currency: str
    day: str
    sold_minor: int
    orders: int
    redeemed: int
    redeemed_minor: int


@dataclass(frozen=True)
class Alert:
    """Something that wants a look."""

    kind: str
    title: str
    text: str
    href: str
    action: str


@dataclass(frozen=True)
class Step:
    """A step of setting up, for ui/checklist.html: `state` is done or todo."""

    title: str
    text: str
    state: str
    href: str
    action: str


def _day_starts_at(at: datetime) -> datetime:
    return datetime.combine(moments.local(at).date(), time(), tzinfo=moments.zone())


def figures(*, at: datetime) -> Figures:
    """Return what was sold and redeemed since midnight. Two queries."""
    start = _day_starts_at(at)
    sold = Order.objects.filter(paid_at__gte=start, paid_at__lte=at).aggregate(
        total=Sum("total_minor"), count=Count("pk")
    )
    used = vouchers.counts_between(start, at + timedelta(seconds=1))
    return Figures(
        mall().currency, start.date().isoformat(), sold["total"] or 0, sold["count"], used.redemptions, used.price_minor
    )


def sentence(of: Figures) -> str:
    """Say the day in one sentence: "You sold $84.00 today, 2 vouchers redeemed"."""
    if not of.orders and not of.redeemed:
        return _("Nothing sold and nothing redeemed yet today")
    used = ngettext("%(count)d voucher redeemed", "%(count)d vouchers redeemed", of.redeemed) % {"count": of.redeemed}
    if not of.orders:
        return _("%(used)s today, nothing sold yet") % {"used": used}
    return _("You sold %(money)s today, %(used)s") % {"money": format_money(of.sold_minor, of.currency), "used": used}


def balances() -> MallBalances:
    """Return what the books say of the mall. Not inside a transaction."""
    tenant = mall()
    with on_platform():
        return ledger.mall_balances(tenant.schema_name, currency=tenant.currency)


def chart(*, at: datetime) -> Chart:
    """Return the sales of the last 14 days. One query."""
    currency = mall().currency
    first = _day_starts_at(at) - timedelta(days=DAYS - 1)
    first = datetime.combine(moments.local(first).date(), time(), tzinfo=moments.zone())
    found = (
        Order.objects.filter(paid_at__gte=first, paid_at__lte=at)
        .annotate(day=TruncDate("paid_at", tzinfo=moments.zone()))
        .values_list("day")
        .annotate(total=Sum("total_minor"))
    )
    by_day = dict(found.order_by("day"))
    days = [first.date() + timedelta(days=number) for number in range(DAYS)]
    values = [by_day.get(day, 0) for day in days]
    return Chart(
        title=_("Sales of the last 14 days"),
        labels=[str(format_skeleton("MMMd", day, locale=babel_locale())) for day in days],
        values=values,
        shown=[format_money(value, currency) for value in values],
        names=(_("Day"), _("Sold")),
        last_name=_("Today"),
        empty=_("Your sales will stand here, a bar for each day."),
        axis_divisor=10 ** money.digits(currency),
    )


def latest(*, at: datetime, limit: int = 8) -> list[tuple[vouchers.RedemptionRow, str]]:
    """Return the latest redemptions of the week over all stores, undone ones among them, with when in words. One query."""
    found = vouchers.redemptions_between(at - timedelta(days=7), at + timedelta(seconds=1), now=at, limit=limit)
    return [(one, moments.soon(one.redeemed_at)) for one in found]


def alerts(*, at: datetime, of_hosting: bool) -> list[Alert]:
    """Return what wants a look, the most urgent first; with what stands under Hosting for who may see that."""
    found = []
    odd = Payment.objects.filter(state=Payment.State.QUARANTINED).count()
    if odd:
        text = ngettext(
            "%(count)d payment does not fit its order.", "%(count)d payments do not fit their orders.", odd
        ) % {"count": odd}
        found.append(
            Alert(
                "danger",
                text,
                _("A person of the platform looks at it."),
                reverse("backoffice:orders"),
                _("See orders"),
            )
        )
    found += _about_money()
    if terms.open_offers():
        title, text = _("Other commission terms are offered."), _("Nothing changes before the owner says yes.")
        found.append(Alert("info", title, text, reverse("backoffice:terms"), _("Look at the offer")))
    found += [one for name in settings.TODAY_BESIDE if of_hosting for one in import_string(name)()]
    found += _about_codes()
    on_sale = Deal.objects.on_sale(at=at)
    for deal in on_sale.filter(units_total__lte=F("units_held") + F("units_sold") + FEW_LEFT).order_by("pk")[:3]:
        title = _("“%(title)s” is sold out.") if deal.units_left <= 0 else _("“%(title)s” has only %(left)d left.")
        found.append(
            _about(
                deal, title % {"title": deal.title, "left": deal.units_left}, _("Offer more units to go on selling.")
            )
        )
    for deal in on_sale.filter(sale_ends_at__lte=at + SOON).order_by("sale_ends_at")[:3]:
        title = _("The sale of “%(title)s” ends %(when)s.") % {
            "title": deal.title,
            "when": moments.when(deal.sale_ends_at or at),
        }
        found.append(_about(deal, title, _("Move its end if it should go on.")))
    waiting = CatalogImport.objects.filter(state=CatalogImport.State.READY).order_by("-created_at").first()
    if waiting:
        title = _("“%(file)s” is read and waits for you.") % {"file": waiting.file_name}
        href = reverse("backoffice:import", args=[waiting.public_id])
        found.append(Alert("info", title, _("Nothing was changed yet."), href, _("Look at the preview")))
    return found


def _about_money() -> list[Alert]:
    """Return what is wrong with the account at Stripe, and statements that wait."""
    found, standing = [], payouts.standing()
    if standing.state in ("due", "restricted", "closed"):
        kind = "warning" if standing.state == "due" else "danger"
        href = reverse("backoffice:payouts")
        found.append(Alert(kind, standing.lead, standing.text, href, _("See what is wanted")))
    waiting = statements.waiting()
    if waiting:
        title = ngettext("%(count)d statement waits for your yes.", "%(count)d statements wait for your yes.", waiting)
        text, href = _("Confirm it, or ask finance."), reverse("backoffice:statements")
        found.append(Alert("info", title % {"count": waiting}, text, href, _("Look at it")))
    return found


def _about_codes() -> list[Alert]:
    """Return that promotion codes which somebody else made wait for the merchant's yes. One query."""
    waiting = Promotion.objects.waiting_for_merchant().count()
    if not waiting:
        return []
    words = ngettext("%(count)d promotion waits for your yes.", "%(count)d promotions wait for your yes.", waiting)
    text, href = _("Nobody can use its code before."), f"{reverse('backoffice:promotions')}?phase=waiting"
    return [Alert("info", words % {"count": waiting}, text, href, _("Look at it"))]


def _about(deal: Deal, title: str, text: str) -> Alert:
    return Alert("warning", title, text, reverse("backoffice:deal", args=[deal.public_id]), _("Open the deal"))


def steps_of(user: User | AnonymousUser) -> list[Step]:
    """Return the steps of setting up; what is not the person's to do leads nowhere."""
    closed = {
        reverse(name)
        for name, permission in (
            ("backoffice:payouts", "payments.view_payment"), ("backoffice:staff_invite", "accounts.change_user"),
            ("backoffice:store_add", "stores.add_store"),
        )
        if not user.has_perm(permission)
    }  # fmt: skip
    return [replace(step, href="") if step.href in closed else step for step in steps()]


def steps() -> list[Step]:
    """Return the steps of setting up, done and to do."""
    has_look = Theme.objects.filter(logo__isnull=False).exists()
    published = Deal.objects.exclude(state=Deal.State.DRAFT).exists()
    draft = Deal.objects.filter(state=Deal.State.DRAFT).order_by("pk").first()
    clerks = User.objects.filter(is_active=True, groups__name=roles.CLERK).exists()
    deal_href = reverse("backoffice:deal", args=[draft.public_id]) if draft else reverse("backoffice:deal_add")
    return [
        _step(has_look, _("Give the mall its look"), _("A logo and two colours."), "/manage/look/", _("Set the look")),
        _step(
            Store.objects.exists(),
            _("Add a store"),
            _("Where vouchers are used."),
            reverse("backoffice:store_add"),
            _("Add a store"),
        ),
        _step(
            Product.objects.exists(),
            _("Import or add products"),
            _("A Shopify file, or one by one."),
            reverse("backoffice:products"),
            _("Products"),
        ),
        _step(
            published,
            _("Publish a first deal"),
            _("What shoppers buy."),
            deal_href,
            _("Open the draft") if draft else _("Write a deal"),
        ),
        _step(
            payouts.standing().is_ready,
            _("Connect payouts"),
            _("How your money reaches your bank."),
            reverse("backoffice:payouts"),
            _("Connect payouts"),
        ),
        _step(
            clerks,
            _("Invite a clerk"),
            _("Who redeems at the counter."),
            reverse("backoffice:staff_invite"),
            _("Invite"),
        ),
    ]


def _step(is_done: object, title: str, text: str, href: str, action: str) -> Step:
    return Step(title, text, "done" if is_done else "todo", href, action)


def is_set_up(found: list[Step]) -> bool:
    """Tell whether nothing is left to do."""
    return all(step.state == "done" for step in found)
